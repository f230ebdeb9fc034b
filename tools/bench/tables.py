"""What tools/bench/measure writes into docs/performance.md, from the JSON of its parts."""

# Stages of miura's provenance.json and of the rivals' scripts that do the same work.
ROWS = {
    "reading, quality control": ("read", "quality control", "read the other lots", "read other lots"),
    "variable genes, normalisation": ("normalize", "variable genes"),
    "scaling, components": ("scale", "pca"),
    "neighbours": ("neighbors",),
    "clusters": ("cluster",),
    "markers": ("markers",),
    "layout": ("umap",),
    "mapping": ("mapping", "map"),
    "writing, checksums, page; start of the program": ("write", "rest"),
}
OTHERS = "the other stages of miura"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def by_row(stages, at):
    """Seconds of each row of ROWS; `at`: 1 wall, 2 CPU."""
    row_of = {stage: row for row, names in ROWS.items() for stage in names}
    seconds = {}
    for stage in stages:
        row = row_of.get(stage[0], OTHERS)
        seconds[row] = seconds.get(row, 0) + stage[at]
    return seconds


def rounded(seconds):
    return f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.2f}"


def times(rival, miura):
    ratio = rival / miura
    return f"{ratio:.0f}" if ratio >= 20 else f"{ratio:.1f}"


def reached(ratio, mark):
    return "reached" if ratio >= mark else "**missed**"


def study_section(name, study):
    programs = study["programs"]
    miura = programs["miura"]
    rows = []
    for program, used in programs.items():
        runs = ", ".join(f"{cpu:.1f}" for cpu in used["cpu_of_runs"])
        before = sum(stage[2] for stage in used["stages"] if stage[0] not in ("write", "rest"))
        peer = programs["miura as scranpy"] if program == "scranpy" else miura
        is_miura = program.startswith("miura")
        mark = {"scanpy": 15, "scranpy": 8, "Seurat": 50}.get(program)
        rows.append([program, f"{used['cpu']:.1f} (of {runs})", f"{before:.1f}", f"{used['wall']:.1f}", f"{used['memory']:.2f}",
                     "" if is_miura else f"{times(used['cpu'], peer['cpu'])}; mark {mark} {reached(used['cpu'] / peer['cpu'], mark)}",
                     "" if is_miura else f"{times(used['memory'], peer['memory'])}; mark 4 {reached(used['memory'] / peer['memory'], 4)}"])
    text = f"### {name}\n{study['lots']} lots, {study['training_lots']} of them of role `train`. "
    text += "; ".join(f"{program}: {used['told'].removeprefix('read: ')}" for program, used in programs.items() if "ranks" not in program) + ".\n\n"
    text += table(["", "CPU s", "before writing", "wall s", "peak memory GB", "times the CPU time of miura", "times its memory"], rows)

    columns = [program for program in programs if "ranks" not in program]
    seconds = {program: by_row(programs[program]["stages"], 2) for program in columns}
    text += "\nCPU seconds of the stages:\n\n" + table(
        ["stage", *columns],
        [[row, *(rounded(seconds[program][row]) if row in seconds[program] else "" for program in columns)] for row in [*ROWS, OTHERS]
         if any(row in seconds[program] for program in columns)])
    return text


def scaling_section(name, study):
    one, two = study["programs"]["miura"], study["programs"]["miura, 2 ranks"]
    seconds = [by_row(one["stages"], 1), by_row(two["stages"], 1)]
    rows = [[row, rounded(seconds[0][row]), rounded(seconds[1][row]), f"{seconds[0][row] / seconds[1][row]:.2f}"]
            for row in [*ROWS, OTHERS] if seconds[0].get(row, 0) > 0.05 * one["wall"]]
    rows.append(["**all of it**", rounded(one["wall"]), rounded(two["wall"]), f"{one['wall'] / two['wall']:.2f}"])
    return f"{name}:\n\n" + table(["stage of more than 5 % of the time", "1 rank, wall s", "2 ranks", "times (mark 1.8)"], rows)


def kernel_row(kernel, miura, rival, mark, limit):
    ratio = "" if rival is None else times(rival["cpu"], miura["cpu"])
    result = "" if rival is None or mark is None else f"{mark} {reached(rival['cpu'] / miura['cpu'], mark)}"
    return [kernel, rounded(miura["cpu"]), "" if rival is None else f"{rival['program']}: {rounded(rival['cpu'])}", ratio, result, limit]


def streamed(seconds, n_bytes, machine):
    """How far a kernel is from reading its input once at the pace of memory."""
    return f"its input once from memory: {100 * n_bytes / machine['bytes'] / seconds:.2g} %"


def variances(of):
    return f"variances {of['variance_1']:.6g} to {of['variance_50']:.6g}"


def pca_rows(found, machine):
    whole, part = found["miura"]["all"], found["miura"]["part"]

    def name_of(run):
        return f"PCA, {int(run['name'].split('/')[2]):,} x 2,000, 50 components, {variances(run)}"

    limit = streamed(whole["cpu"], 6 * whole["nonzeros"], machine)  # a 16-bit column and a 32-bit value each
    rivals = [rival | {"program": f"{rival['program']}, {variances(rival['found'])}"} for rival in found["rivals"]]
    scanpy = [rival for rival in rivals if rival["program"].startswith("scanpy")]
    irlba = [rival for rival in rivals if rival["program"].startswith("irlba")]
    return ([kernel_row(name_of(whole), whole, rival, 4, limit) for rival in scanpy or [None]]
            + [kernel_row(name_of(part), part, rival, 10, "") for rival in irlba])


def knn_rows(found, machine):
    miura = found["miura"]
    share = miura["flops"] / machine["flops"]
    limit = f"{miura['flops'] / 1e9:.0f} of {machine['flops'] / 1e9:.0f} GFlop/s: {100 * share:.0f} %; mark 80 % {reached(share, .8)}"
    rivals = [rival | {"program": f"{rival['program']}, recall {rival['found']['recall']:g}"} for rival in found["rivals"]]
    return [kernel_row(f"exact neighbours, {int(miura['name'].split('/')[1]):,} x 50, k = 15", miura, rival, None, limit)
            for rival in rivals or [None]]


def leiden_rows(found, machine):
    rows = []
    for resolution, runs in found.items():
        miura = runs["miura"]
        name = f"Leiden, {miura['edges'] / 1e6:.2f} million edges, resolution {resolution}, modularity {miura['modularity']:.5f}"
        limit = streamed(miura["cpu"], 24 * miura["edges"], machine)
        for rival in runs["rivals"] or [None]:
            mark = 1.5 if rival and rival["program"] == "igraph, 2 passes" else None
            shown = rival and rival | {"program": f"{rival['program']}, modularity {rival['found']['modularity']:.5f}"}
            rows.append(kernel_row(name, miura, shown, mark, limit))
    return rows


def permutation_rows(found, machine):
    rows = []
    for run in found["miura"]:
        of_limit = run["found"].get("share_of_limit")
        limit = f"additions and maxima in registers: {100 * of_limit:.0f} %" if of_limit else ""
        has_mark = "11 lots" in run["program"] and not run["program"].startswith("int64")
        mark = f"30 s {'reached' if run['cpu'] <= 30 else '**missed**'}" if has_mark else ""
        rows.append([f"permutations, step-down, all n!, {run['program']}", rounded(run["cpu"]), "", "", mark, limit])
    for run in found["rivals"]:
        rows.append([f"permutations, 5,000 features, 20 lots: {run['program']}", rounded(run["cpu"]), "", "", "",
                     f"{run['found']['rate']:.2g} tests x relabelings a second"])
    return rows


def marker_rows(found, machine):
    if not found["rivals"]:
        return []
    miura = found["miura"]
    nonzeros = miura["nonzeros/s"] * miura["cpu"]
    name = f"Wilcoxon rank sums, {nonzeros / 1e6:.0f} million nonzeros, z within {miura['z_difference']:.0e}"
    return [kernel_row(name, miura, found["rivals"][0], 50, streamed(miura["cpu"], 3 * nonzeros, machine))]


def file_rows(found, machine):
    write, calls = found["write_by_miura"], found["write_by_calls"]
    share = write["bytes_per_second"] / found["dd_bytes_a_second"]
    zlib = {"program": "HDF5 with zlib", "cpu": found["read_by_hdf5"]["cpu"]}
    return [kernel_row("reading 20 million deflated numbers", found["read_by_miura"], zlib, 2, ""),
            ["writing 160 MB to the disk, wall s", rounded(write["wall"]), f"plain calls: {rounded(calls['wall'])}",
             times(calls["wall"], write["wall"]), f"0.6 of dd {reached(share, .6)}",
             f"{share:.2f} of dd's {found['dd_bytes_a_second'] / 1e6:.0f} MB/s"]]


ROWS_OF_KERNELS = {"pca": pca_rows, "knn": knn_rows, "leiden": leiden_rows, "permutations": permutation_rows,
                   "markers": marker_rows, "files": file_rows}


def kernel_section(parts):
    rows = [row for name, rows_of in ROWS_OF_KERNELS.items() for row in rows_of(parts[name]["found"], parts["machine"]["found"])]
    return table(["kernel", "miura, CPU s", "rival, CPU s", "times", "mark", "beside the machine's limit"], rows)


def machine_section(parts):
    machine = parts["machine"]["found"]
    text = (f"{machine['cores']} cores of {machine['cpu']}, {machine['memory'] / 2**30:.0f} GiB; a core makes "
            f"{machine['flops'] / 1e9:.0f} GFlop/s of fused multiply-adds and reads {machine['bytes'] / 1e9:.1f} GB/s from memory.\n")
    names_of = {}
    for name, part in parts.items():
        names_of.setdefault((part["date"], part["miura"]), []).append(name)
    return text + "".join(f"\n{date}, {miura}: {', '.join(names)}.\n" for (date, miura), names in sorted(names_of.items()))


def sections(parts, all_parts):
    """Text for each mark of the document, and what lacks for each that there is no text for."""
    studies = {name.removeprefix("study-"): part["found"] for name, part in parts.items() if name.startswith("study-")}
    needed = {"machine": all_parts, "kernels": ["machine", *ROWS_OF_KERNELS],
              "studies": [name for name in all_parts if name.startswith("study-")]}
    needed["scaling"] = needed["studies"]
    lacking = {section: [name for name in names if name not in parts] for section, names in needed.items()}
    text_of = {"machine": lambda: machine_section(parts), "kernels": lambda: kernel_section(parts),
               "studies": lambda: "\n".join(study_section(name, study) for name, study in studies.items()),
               "scaling": lambda: "\n".join(scaling_section(name, study) for name, study in studies.items())}
    return ({section: text() for section, text in text_of.items() if not lacking[section]},
            {section: names for section, names in lacking.items() if names})
