// The toolbar that moves the practice clock.

import { $, h, toast } from "./dom.js";
import { get, post, Refused } from "./net.js";
import { countdown, fromInput, hours, longDay, shortDay, toInput } from "./time.js";

export class Clock {
  constructor() {
    this.base = Date.now();
    this.since = performance.now();
    this.busy = "";
  }

  /** now runs on between two words of the server. */
  now() {
    if (this.busy) return new Date(this.base);
    return new Date(this.base + performance.now() - this.since);
  }

  start() {
    if (this.started) return this.refresh();
    this.started = true;
    $("clock").hidden = false;
    $("clock-controls").addEventListener("click", (e) => {
      if (e.target.closest("[aria-disabled]")) e.stopPropagation();
    }, true);
    for (const b of document.querySelectorAll("[data-plus]")) {
      b.addEventListener("click", () => this.jump(new Date(+this.now() + Number(b.dataset.plus))));
    }
    $("to-next").addEventListener("click", () => this.next && this.jump(new Date(this.next.at)));
    $("now-toggle").addEventListener("click", () => this.open($("now-toggle").getAttribute("aria-expanded") !== "true"));
    $("clock-controls").addEventListener("keydown", (e) => {
      if (e.key !== "Escape") return;
      this.open(false);
      $("now-toggle").focus();
    });
    this.wireDialogs();
    setInterval(() => this.paint(), 1000);
    setInterval(() => !document.hidden && this.refresh(), 20000);
    document.addEventListener("visibilitychange", () => !document.hidden && this.refresh());
    this.refresh();
  }

  open(on) {
    $("now-toggle").setAttribute("aria-expanded", String(on));
  }

  wireDialogs() {
    $("to-date").addEventListener("click", () => {
      $("date-error").textContent = "";
      const input = $("date-input");
      input.min = toInput(this.now());
      input.value = toInput(+this.now() + 24 * 3600 * 1000);
      this.sayDate();
      $("date-dialog").showModal();
      input.focus();
    });
    $("date-input").addEventListener("input", () => this.sayDate());
    $("date-form").addEventListener("submit", (e) => {
      e.preventDefault();
      const to = fromInput($("date-input").value);
      if (Number.isNaN(+to) || to <= this.now()) {
        $("date-error").textContent = "Pilih waktu setelah waktu latihan sekarang.";
        $("date-input").focus();
        return;
      }
      $("date-dialog").close();
      this.jump(to);
    });
    $("start-over").addEventListener("click", () => $("reset-dialog").showModal());
    $("reset-form").addEventListener("submit", (e) => {
      e.preventDefault();
      $("reset-dialog").close();
      this.act(() => post("/api/clock/reset", {}), "Latihan dimulai dari awal.");
    });
    $("show-status").addEventListener("click", async () => {
      await this.refresh();
      $("status-dialog").showModal();
    });
  }

  /** sayDate words the chosen moment, since browsers show it their own way. */
  sayDate() {
    const to = fromInput($("date-input").value);
    const known = !Number.isNaN(+to);
    $("date-words").textContent = known ? `${longDay(to)}, pukul ${hours(to)} WIB${this.event ? ` (${countdown(to, this.event)})` : ""}` : "";
  }

  jump(to) {
    return this.act(() => post("/api/clock/jump", { to: to.toISOString() }));
  }

  async act(run, done) {
    if (this.busy) return;
    this.take({ now: this.now().toISOString(), busy: "jump" });
    try {
      this.take(await run(), true);
      if (done) toast(done);
    } catch (err) {
      toast(err instanceof Refused ? err.message : "Sambungan terputus. Silakan coba lagi.");
      await this.refresh();
    }
  }

  /** soon asks again shortly: something happened that may change what is next. */
  soon() {
    if (!this.started || this.asked) return;
    this.asked = setTimeout(() => {
      this.asked = 0;
      this.refresh();
    }, 800);
  }

  async refresh() {
    try {
      this.take(await get("/api/clock"), true);
    } catch {
      // the line is down; the banner says so
    }
  }

  /** take shows what the server says; whole: with all that it knows. */
  take(v, whole) {
    this.base = +new Date(v.now);
    this.since = performance.now();
    const was = this.busy;
    this.busy = v.busy || "";
    this.range = v.from && v.to ? [+new Date(v.from), +new Date(v.to)] : null;
    if (whole && !this.busy) {
      this.next = v.next;
      this.event = v.event;
      this.status(v.status || []);
    }
    if (was && !this.busy && !whole) this.soon();
    this.paint();
  }

  paint() {
    const now = this.now();
    $("now-day").textContent = longDay(now);
    $("now-time").textContent = `${hours(now)} WIB`;
    $("countdown").hidden = !this.event;
    if (this.event) $("countdown").textContent = countdown(now, this.event);
    $("next-label").textContent = this.next ? `${this.next.label}, ${shortDay(this.next.at)}` : "tidak ada lagi";
    for (const b of document.querySelectorAll("#clock-controls button")) {
      if (b.id !== "show-status") this.enable(b, !this.busy && (b.id !== "to-next" || Boolean(this.next)));
    }
    this.progress(now);
  }

  /** A disabled button keeps the focus, so that keyboard users stay where they are. */
  enable(button, on) {
    if (on) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }

  progress(now) {
    const box = $("progress");
    const text = $("progress-text");
    const bar = $("progress-bar");
    box.hidden = !this.busy;
    if (!this.busy) {
      text.textContent = "";
      return;
    }
    const words = this.busy === "reset" ? "Menyiapkan data contoh…" : "Memajukan waktu…";
    if (text.textContent !== words) text.textContent = words;
    if (this.range) bar.value = Math.min(1, Math.max(0, (now - this.range[0]) / (this.range[1] - this.range[0])));
    else bar.removeAttribute("value");
  }

  status(lines) {
    $("status-dot").hidden = !lines.some((l) => l.attention);
    const empty = [h("dt", {}, "Tidak ada catatan"), h("dd", {}, "")];
    $("status-list").replaceChildren(...(lines.length ? lines.flatMap((l) => [
      h("dt", { class: l.attention ? "attention" : "" }, l.label),
      h("dd", { class: l.attention ? "attention" : "" }, l.value, l.attention && h("b", {}, " (perlu perhatian)")),
    ]) : empty));
  }
}
