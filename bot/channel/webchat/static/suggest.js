// Suggestions while somebody types "/" or, in a group, "@".

import { h } from "./dom.js";

export class Suggest {
  constructor(text, list, id) {
    Object.assign(this, { text, list, commands: [], mentions: [], shown: [], at: -1 });
    list.id = id;
    text.setAttribute("aria-controls", id);
    text.addEventListener("input", () => this.update());
    text.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  set(commands, mentions) {
    this.commands = commands;
    this.mentions = mentions;
    if (!this.list.hidden) this.update();
  }

  update() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    const word = /(^|\s)([/@]\w*)$/.exec(before)?.[2] || "";
    let from = [];
    if (word.startsWith("/") && before === word) from = this.commands;
    if (word.startsWith("@")) from = this.mentions;
    this.word = word;
    this.shown = from.filter((s) => s.insert.toLowerCase().startsWith(word.toLowerCase()) && s.insert !== word);
    if (!this.shown.length) return this.close();
    this.list.replaceChildren(...this.shown.map((s, i) => {
      const el = h("li", { role: "option", id: `${this.list.id}-${i}` }, h("b", {}, s.label), h("span", {}, s.note));
      el.addEventListener("mousedown", (e) => {
        e.preventDefault(); // focus stays in the text
        this.pick(i);
      });
      return el;
    }));
    this.list.hidden = false;
    this.move(0);
  }

  move(i) {
    this.at = (i + this.shown.length) % this.shown.length;
    [...this.list.children].forEach((el, n) => el.setAttribute("aria-selected", String(n === this.at)));
    this.text.setAttribute("aria-activedescendant", this.list.children[this.at].id);
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
  }

  /** key takes a keystroke while suggestions show; true: nothing more to do. */
  key(e) {
    if (this.list.hidden) return false;
    const exact = this.shown[this.at]?.insert === this.word;
    const act = {
      ArrowDown: () => this.move(this.at + 1),
      ArrowUp: () => this.move(this.at - 1),
      Tab: () => this.pick(this.at),
      Enter: () => this.pick(this.at),
      Escape: () => this.close(),
    }[e.key];
    if (!act || (e.shiftKey && e.key !== "Escape") || exact) return false;
    e.preventDefault();
    act();
    return true;
  }

  pick(i) {
    const at = this.text.selectionStart;
    const start = at - this.word.length;
    this.text.setRangeText(`${this.shown[i].insert} `, start, at, "end");
    this.close();
    this.text.dispatchEvent(new Event("input"));
    this.text.focus();
  }

  close() {
    this.list.hidden = true;
    this.at = -1;
    this.text.removeAttribute("aria-activedescendant");
  }
}
