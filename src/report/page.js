"use strict";
document.documentElement.classList.add("js");
for (const place of document.querySelectorAll("[data-spec]")) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  vegaEmbed(place, spec, {
    mode: "vega-lite",
    renderer: "svg",
    actions: { export: { svg: true, png: true }, source: false, compiled: false, editor: false },
    downloadFileName: place.dataset.spec.replace(/-spec$/, ""),
    i18n: { SVG_ACTION: "Save as SVG", PNG_ACTION: "Save as PNG" },
    tooltip: { theme: "custom" },
  }).then(() => {
    place.dataset.drawn = "true";
  }).catch((error) => {
    place.textContent = "This chart could not be drawn (" + error.message + "); its numbers are in the table.";
  });
}
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("section details:not(.screen-only)")) details.open = true;
});
