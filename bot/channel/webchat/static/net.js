// Talking to the bot's own server: one event stream in, small posts out.

const words = {
  busy: "Waktu sedang dimajukan. Tunggu sampai selesai.",
  not_later: "Pilih waktu setelah waktu latihan sekarang.",
  too_far: "Itu terlalu jauh. Pilih waktu dalam 400 hari ke depan.",
  failed: "Belum berhasil. Lihat catatan program, lalu coba lagi.",
  too_large: "Berkas terlalu besar. Batasnya 10 MB.",
  empty_file: "Berkas itu kosong.",
  empty: "Tulis pesannya dulu.",
  too_long: "Pesan terlalu panjang.",
  not_stored: "Belum terkirim karena bot sedang tidak siap. Akan dicoba lagi.",
  stale_button: "Tombol itu sudah tidak berlaku.",
  no_message: "Pesan itu sudah tidak ada.",
  no_phone: "Isi nomor teleponnya, contoh: 0812 3456 7890.",
};

/** A refusal that came from the server; code tells which. */
export class Refused extends Error {
  constructor(code) {
    super(words[code] || "Belum berhasil. Silakan coba lagi.");
    this.code = code;
  }
}

async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  let code = response.status === 413 ? "too_large" : "";
  try {
    code = (await response.json()).error;
  } catch {
    // not our JSON: the general words do
  }
  throw new Refused(code);
}

export const get = async (path) => answer(await fetch(path, { cache: "no-store" }));

/** post sends JSON, or a form where body is FormData. A lost connection throws TypeError. */
export async function post(path, body) {
  const form = body instanceof FormData;
  return answer(await fetch(path, {
    method: "POST",
    headers: form ? {} : { "Content-Type": "application/json" },
    body: form ? body : JSON.stringify(body),
  }));
}

export const chatPath = (chat, what) => `/api/chats/${encodeURIComponent(chat)}/${what}`;

/** listen keeps an event stream open for ever; handlers are called by event name,
 *  online(true|false) when the connection comes and goes. */
export function listen(handlers, online) {
  let last = "";
  let wait = 500;
  const open = () => {
    const source = new EventSource(`/api/events?after=${encodeURIComponent(last)}`);
    source.onopen = () => {
      wait = 500;
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (e) => {
        if (e.lastEventId) last = e.lastEventId;
        handle(JSON.parse(e.data));
        if (name === "hello") online(true);
      });
    }
    source.onerror = () => {
      online(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      setTimeout(open, wait);
      wait = Math.min(wait * 2, 8000);
    };
  };
  open();
}
