"use strict";
// Draws the cells of a data-cells place on a canvas; what it draws stands in script elements of the page, as
// src/report/cell_map_section.cpp writes them.
(() => {
  const BEHIND = -1;
  const NOWHERE = { light: "#d9dee3", dark: "#3a424b" };
  const NONE = { light: "#c0c7ce", dark: "#59626c" }; // of cells without a cluster: no colour of a cluster is that pale
  const SCALE = { // light to dark as values rise, and the other way round on a dark page; for all kinds of colour vision
    light: ["#cfe1f2", "#93c4de", "#4b97c9", "#1764ab", "#08306b"],
    dark: ["#123a5f", "#1f6aa5", "#4b9fd6", "#9fd0f0", "#f2faff"],
  };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;

  const bytes = (id) => {
    const coded = atob(document.getElementById(id).textContent);
    const values = new Uint8Array(coded.length);
    for (let i = 0; i < values.length; ++i) values[i] = coded.charCodeAt(i);
    return values;
  };
  const words = (id) => new Uint16Array(bytes(id).buffer);
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const pixel = (colour) => {
    const [r, g, b] = parts(colour);
    return (255 << 24) | (b << 16) | (g << 8) | r;
  };
  const between = (scale, share) => {
    const at = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
    const from = Math.min(Math.floor(at), scale.length - 2);
    const a = parts(scale[from]), b = parts(scale[from + 1]);
    return "#" + a.map((v, i) => Math.round(v + (b[i] - v) * (at - from)).toString(16).padStart(2, "0")).join("");
  };
  const number = (value) => Number(value.toPrecision(3)).toLocaleString("en");
  const make = (name, properties, ...inner) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inner);
    return element;
  };

  class Picture {
    constructor(place) {
      this.place = place;
      this.id = place.dataset.cells;
      this.about = JSON.parse(document.getElementById(this.id + "-cells").textContent);
      this.x = words(this.id + "-x");
      this.y = words(this.id + "-y");
      this.cluster = bytes(this.id + "-cluster");
      if (this.about.behind > 0) {
        this.behindX = words(this.id + "-behind-x");
        this.behindY = words(this.id + "-behind-y");
      }
      this.lot = new Uint16Array(this.about.cells);
      let first = 0;
      this.about.lots.forEach((lot, l) => {
        this.lot.fill(l, first, first + lot.cells);
        first += lot.cells;
      });
      this.order = this.scattered();
      this.alone = BEHIND; // the number of the category that is shown alone
      this.build();
    }

    /// All cells in an order that favours none: steps of a width that has no common divisor with their number.
    scattered() {
      const n = this.about.cells, order = new Uint32Array(n);
      const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
      let step = Math.max(1, Math.floor(n * 0.6180339887));
      while (divisor(step, n) !== 1) ++step;
      for (let i = 0, at = 0; i < n; ++i, at = (at + step) % n) order[i] = at;
      return order;
    }

    build() {
      const { lots, outcomes, genes, clusters } = this.about;
      const several = (property) => new Set(lots.map((lot) => lot[property])).size > 1;
      const select = (options) => {
        const list = make("select", {});
        for (const [value, text] of options) list.append(make("option", { value, textContent: text }));
        return list;
      };
      const colours = [];
      if (clusters.length > 0) colours.push(["cluster", "cluster"]);
      colours.push(["lot", "lot"]);
      for (const property of ["source", "role"]) if (several(property)) colours.push([property, property]);
      outcomes.forEach((outcome, o) => {
        if (lots.some((lot) => (lot.outcome[o] ?? null) !== null)) colours.push(["outcome " + o, outcome + " of the lot"]);
      });
      genes.forEach((gene, g) =>
        colours.push(["gene " + g, gene.gene + (gene.marker_of ? ", marker of " + gene.marker_of : "")]));
      this.colours = select(colours);
      const shown = [["all", "all cells"]];
      if (several("role")) {
        if (lots.some((lot) => lot.role === "train")) shown.push(["trained", "training lots"], ["mapped", "mapped lots"]);
      }
      if (lots.length > 1) lots.forEach((lot, l) => shown.push(["lot " + l, "lot " + lot.lot]));
      this.shown = select(shown);
      const save = make("button", { type: "button", textContent: "Save as PNG" });
      this.canvas = make("canvas", {});
      this.canvas.setAttribute("role", "img");
      this.legend = make("div", { className: "legend" });
      this.place.append(
        make("div", { className: "choices" }, make("label", {}, "Colour by ", this.colours), make("label", {}, "Show ", this.shown), save),
        make("div", { className: "picture" }, this.canvas, this.legend));
      this.colours.addEventListener("change", () => this.change());
      this.shown.addEventListener("change", () => this.change());
      save.addEventListener("click", () => this.save());
      new ResizeObserver(() => this.draw()).observe(this.canvas);
      this.change();
    }

    change() {
      this.alone = BEHIND;
      this.plan();
      this.draw();
      this.listLegend();
    }

    theme() { return dark.matches && !printing ? "dark" : "light"; }

    /// A category or a level for every cell, BEHIND for one that is not shown, and what they are called.
    plan() {
      const { lots, clusters, outcomes, genes, palette } = this.about;
      const [kind, which] = this.colours.value.split(" ");
      const [what, lot] = this.shown.value.split(" ");
      const visible = lots.map((l, i) =>
        what === "all" || (what === "lot" ? i === Number(lot) : (l.role === "train") === (what === "trained")));
      const n = this.about.cells, value = new Int16Array(n);
      const fill = (i) => palette[i % palette.length];
      this.scale = null;
      if (kind === "cluster") {
        for (let i = 0; i < n; ++i) value[i] = this.cluster[i] < clusters.length ? this.cluster[i] : clusters.length;
        this.groups = clusters.map((name, k) => ({ name, colour: fill(k) }));
        this.groups.push({ name: "none", colour: NONE[this.theme()] });
      } else if (kind === "outcome" || kind === "gene") {
        this.planScale(kind, Number(which), value);
      } else {
        const names = [...new Set(lots.map((l) => l[kind]))];
        const of = lots.map((l) => names.indexOf(l[kind]));
        for (let i = 0; i < n; ++i) value[i] = of[this.lot[i]];
        this.groups = names.map((name, k) => ({ name, colour: fill(k) }));
      }
      for (let i = 0; i < n; ++i) if (!visible[this.lot[i]]) value[i] = BEHIND;
      this.value = value;
      const cells = new Int32Array(this.scale ? 256 : this.groups.length);
      let seen = 0;
      for (let i = 0; i < n; ++i) if (value[i] >= 0) { ++cells[value[i]]; ++seen; }
      if (!this.scale) this.groups.forEach((group, k) => { group.cells = cells[k]; });
      this.title = this.colours.selectedOptions[0].textContent;
      this.canvas.setAttribute("aria-label", `${seen.toLocaleString("en")} cells in the plane, coloured by ${this.title}`);
    }

    planScale(kind, which, value) {
      const { lots, genes } = this.about;
      const n = this.about.cells;
      if (kind === "gene") {
        this.level ??= {};
        const level = (this.level[which] ??= bytes(`${this.id}-gene-${which}`));
        value.set(level);
        this.scale = { from: 0, to: genes[which].largest, zero: "not counted", unit: "log(1 + counts in 10,000)" };
        return;
      }
      const known = lots.map((l) => l.outcome[which] ?? null), numbers = known.filter((v) => v !== null);
      const from = Math.min(...numbers), to = Math.max(...numbers);
      const level = known.map((v) => (v === null ? 0 : 1 + Math.round((254 * (v - from)) / (to - from || 1))));
      for (let i = 0; i < n; ++i) value[i] = level[this.lot[i]];
      this.scale = { from, to, zero: "not measured", unit: "of the lot" };
    }

    colourOf(value, theme) {
      if (value === BEHIND || (this.alone !== BEHIND && value !== this.alone)) return NOWHERE[theme];
      if (!this.scale) return this.groups[value].colour;
      return value === 0 ? NOWHERE[theme] : between(SCALE[theme], (value - 1) / 254);
    }

    draw() {
      const width = this.canvas.clientWidth, ratio = Math.min(window.devicePixelRatio || 1, 2);
      if (width === 0) return;
      const side = Math.round(width * ratio);
      if (this.canvas.width !== side || this.canvas.height !== side) this.canvas.width = this.canvas.height = side;
      this.paint(this.canvas, this.theme(), ratio);
      this.place.dataset.drawn = "true";
    }

    paint(canvas, theme, ratio) {
      const context = canvas.getContext("2d"), side = canvas.width, margin = 8 * ratio;
      const image = context.createImageData(side, side);
      const pixels = new Uint32Array(image.data.buffer);
      const n = this.about.cells, unit = (side - 2 * margin) / 65535;
      const radius = ratio * Math.min(2.6, Math.max(0.5, 220 / Math.sqrt(n)));
      const stamp = [];
      for (let dy = -Math.ceil(radius); dy <= radius; ++dy)
        for (let dx = -Math.ceil(radius); dx <= radius; ++dx)
          if (dx * dx + dy * dy <= radius * radius) stamp.push(dy * side + dx);
      const dot = (x, y, colour) => {
        const at = Math.round(side - margin - y * unit) * side + Math.round(margin + x * unit);
        for (const offset of stamp) pixels[at + offset] = colour;
      };
      const nowhere = pixel(NOWHERE[theme]);
      for (let i = 0; i < this.about.behind; ++i) dot(this.behindX[i], this.behindY[i], nowhere);
      const colours = [];
      for (let v = BEHIND; v < (this.scale ? 256 : this.groups.length); ++v) colours.push(pixel(this.colourOf(v, theme)));
      const grey = (v) => v === BEHIND || (this.alone !== BEHIND && v !== this.alone);
      for (const i of this.order) if (grey(this.value[i])) dot(this.x[i], this.y[i], nowhere);
      for (const i of this.raised()) {
        const v = this.value[i];
        if (!grey(v)) dot(this.x[i], this.y[i], colours[v + 1]);
      }
      context.putImageData(image, 0, 0);
      if (!this.scale && this.colours.value === "cluster") this.name(context, theme, ratio, unit, margin);
    }

    /// The order of drawing: high levels last, so that few expressing cells are seen among many others.
    raised() {
      if (!this.scale) return this.order;
      const start = new Uint32Array(258);
      for (const v of this.value) ++start[v + 2];
      for (let v = 1; v < 258; ++v) start[v] += start[v - 1];
      const sorted = new Uint32Array(this.order.length);
      for (const i of this.order) sorted[start[this.value[i] + 1]++] = i;
      return sorted;
    }

    /// Writes the name of each cluster at the median of its cells.
    name(context, theme, ratio, unit, margin) {
      const most = 2000, places = this.groups.map(() => ({ x: [], y: [] }));
      for (const i of this.order) {
        const v = this.value[i];
        if (v >= 0 && v < this.about.clusters.length && places[v].x.length < most) {
          places[v].x.push(this.x[i]);
          places[v].y.push(this.y[i]);
        }
      }
      const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
      Object.assign(context, { font: `600 ${13 * ratio}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle" });
      context.lineJoin = "round";
      context.lineWidth = 4 * ratio;
      context.strokeStyle = theme === "dark" ? "#15181c" : "#ffffff";
      context.fillStyle = theme === "dark" ? "#e6e9ed" : "#1c2127";
      places.forEach(({ x, y }, k) => {
        if (x.length === 0 || (this.alone !== BEHIND && this.alone !== k)) return;
        const at = [margin + median(x) * unit, context.canvas.height - margin - median(y) * unit];
        context.strokeText(this.groups[k].name, ...at);
        context.fillText(this.groups[k].name, ...at);
      });
    }

    listLegend() {
      this.legend.replaceChildren(make("p", { className: "note", textContent: this.title }));
      if (this.scale) {
        const { from, to, zero, unit } = this.scale;
        const bar = make("div", { className: "scale" });
        bar.style.background = `linear-gradient(to right, ${SCALE[this.theme()].join(", ")})`;
        this.legend.append(bar, make("p", { className: "ends" }, make("span", { textContent: number(from) }), make("span", { textContent: number(to) })),
          make("p", { className: "note", textContent: `${unit}; grey: ${zero}` }));
        return;
      }
      const list = make("ul", {});
      this.groups.forEach((group, k) => {
        if (group.cells === 0) return;
        const swatch = make("span", { className: "swatch" });
        swatch.style.background = group.colour;
        const button = make("button", { type: "button", title: "show alone" }, swatch, group.name + " ",
          make("small", { textContent: group.cells.toLocaleString("en") }));
        button.setAttribute("aria-pressed", String(this.alone === k));
        button.addEventListener("click", () => {
          this.alone = this.alone === k ? BEHIND : k;
          for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button && this.alone === k));
          this.draw();
        });
        list.append(make("li", {}, button));
      });
      this.legend.append(list);
    }

    /// The picture with its legend, on white.
    save() {
      const side = 1600, ratio = 2, legend = 560;
      const cells = make("canvas", { width: side, height: side });
      this.paint(cells, "light", ratio);
      const sheet = make("canvas", { width: side + legend, height: side }), context = sheet.getContext("2d");
      context.fillStyle = "#ffffff";
      context.fillRect(0, 0, sheet.width, sheet.height);
      context.drawImage(cells, 0, 0);
      Object.assign(context, { font: "30px system-ui, sans-serif", textBaseline: "middle" });
      const left = side + 30;
      let y = 60;
      const write = (text) => { context.fillStyle = "#1c2127"; context.fillText(text, left + (text === this.title ? 0 : 44), y, legend - 90); y += 44; };
      write(this.title);
      if (this.scale) {
        for (let i = 0; i < 256; ++i) {
          context.fillStyle = between(SCALE.light, i / 255);
          context.fillRect(left + (i * 400) / 256, y, 3, 30);
        }
        y += 60;
        context.fillStyle = "#1c2127";
        context.fillText(`${number(this.scale.from)} to ${number(this.scale.to)}; grey: ${this.scale.zero}`, left, y, legend - 50);
      } else {
        for (const group of this.groups) {
          if (group.cells === 0 || y > side - 40) continue;
          context.fillStyle = group.colour;
          context.fillRect(left, y - 14, 28, 28);
          write(group.name);
        }
      }
      sheet.toBlob((blob) => {
        const link = make("a", { href: URL.createObjectURL(blob), download: `${this.id}-${this.title}.png`.replace(/[^\w.-]+/g, "_") });
        link.click();
        URL.revokeObjectURL(link.href);
      });
    }
  }

  const pictures = [...document.querySelectorAll("[data-cells]")].map((place) => new Picture(place));
  const again = () => pictures.forEach((picture) => { picture.draw(); picture.listLegend(); });
  dark.addEventListener("change", again);
  window.addEventListener("beforeprint", () => { printing = true; again(); });
  window.addEventListener("afterprint", () => { printing = false; again(); });
})();
