// Linked into sanitizer builds only. Open MPI unloads its plugins in MPI_Finalize, after which LeakSanitizer can no
// longer tell which library leaked and no suppression matches: so nothing is ever unloaded.
extern "C" int dlclose(void*) { return 0; }
