// Dates and times in WIB (UTC+7, no daylight saving), as an Indonesian office
// writes them, whatever the zone of the browser.

const days = ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"];
const months = ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"];
const offset = 7 * 3600 * 1000;
const oneDay = 24 * 3600 * 1000;

const wib = (t) => new Date(+new Date(t) + offset); // read with getUTC… only
const two = (n) => String(n).padStart(2, "0");

/** longDay: "Kamis, 14 Januari 2027" */
export function longDay(t) {
  const d = wib(t);
  return `${days[d.getUTCDay()]}, ${d.getUTCDate()} ${months[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
}

/** shortDay: "30 Nov" */
export function shortDay(t) {
  const d = wib(t);
  return `${d.getUTCDate()} ${months[d.getUTCMonth()].slice(0, 3)}`;
}

/** hours: "08.00" */
export function hours(t) {
  const d = wib(t);
  return `${two(d.getUTCHours())}.${two(d.getUTCMinutes())}`;
}

/** dayNumber counts calendar days in WIB, so that two moments can be compared. */
export const dayNumber = (t) => Math.floor((+new Date(t) + offset) / oneDay);

/** countdown: "H-12", "Hari H", "H+1" */
export function countdown(now, event) {
  const left = dayNumber(event) - dayNumber(now);
  if (left === 0) return "Hari H";
  return left > 0 ? `H-${left}` : `H+${-left}`;
}

/** What <input type="datetime-local"> holds, read and written as WIB. */
export const toInput = (t) => wib(t).toISOString().slice(0, 16);
export const fromInput = (value) => new Date(`${value}:00+07:00`);
