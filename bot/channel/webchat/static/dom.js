// Building blocks of the page. Nothing here or elsewhere makes HTML of a string.

/** h makes an element: h("p", {class: "x", onclick: fn}, "text", child…). */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

const SVG = "http://www.w3.org/2000/svg";

/** icon shows one of the symbols in index.html; with a label it is an image, else decoration. */
export function icon(name, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  return svg;
}

export const $ = (id) => document.getElementById(id);

const palette = ["#0d6b63", "#8a4b12", "#5b3f9e", "#a3324f", "#2a5ba8", "#4a651c"];

/** face paints an avatar disc for somebody with a name, at place n of the page. */
export function face(el, who, n) {
  const words = who.name.replace(/[^\p{L}\p{N} ]/gu, "").split(/\s+/).filter(Boolean);
  el.textContent = who.initials || words.slice(0, 2).map((w) => w[0].toUpperCase()).join("");
  el.style.setProperty("--face", colour(who, n));
  return el;
}

export function colour(who, n) {
  return /^#[0-9a-f]{6}$/i.test(who.colour || "") ? who.colour : palette[n % palette.length];
}

/** size words a number of bytes. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / (1 << 20)).toFixed(1).replace(".", ",")} MB`;
}

let toastTimer;

/** toast says something short at the foot of the page. */
export function toast(text) {
  const el = $("toast");
  el.textContent = text;
  el.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    el.classList.remove("shown");
    el.textContent = "";
  }, 6000);
}

/** Every dialog closes by its data-close buttons and by a click beside it. */
export function wireDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (e) => {
      if (e.target === dialog || e.target.closest("[data-close]")) dialog.close();
    });
  }
}
