// Moments, in the newsroom's zone, wherever the editor is.

import { currentLanguage } from "./words.js";

const PARTS = ["year", "month", "day", "hour", "minute", "second"];

/** Give the parts of a moment (milliseconds) as clocks in a zone show them. */
function partsIn(zone, moment) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", era: "short",
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const found = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  return Object.fromEntries(PARTS.map((name) => [name, Number(found[name])]));
}

/** Give by how many milliseconds a zone's clocks are ahead of UTC at a moment. */
function offsetAt(zone, moment) {
  const { year, month, day, hour, minute, second } = partsIn(zone, moment);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
}

const two = (value) => String(value).padStart(2, "0");

/** Write a moment (ISO 8601) as a field for date and time has it, in a zone; nothing for no moment. */
export function toField(iso, zone) {
  const moment = Date.parse(iso ?? "");
  if (Number.isNaN(moment)) return "";
  const { year, month, day, hour, minute } = partsIn(zone, moment);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** Write what a field for date and time has as ISO 8601 with the zone's offset at that moment. */
export function fromField(text, zone) {
  const [date, time] = text.split("T");
  const [year, month, day] = date.split("-").map(Number);
  const [hour, minute] = time.split(":").map(Number);
  const shown = Date.UTC(year, month - 1, day, hour, minute);
  // The offset of the moment itself; where clocks are changed, the first guess may lie on the other side of that.
  const moment = shown - offsetAt(zone, shown - offsetAt(zone, shown));
  const minutes = Math.round(offsetAt(zone, moment) / 60_000);
  const sign = minutes < 0 ? "-" : "+";
  const ahead = Math.abs(minutes);
  return `${date}T${two(hour)}:${two(minute)}:00${sign}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
}

/** Write the present moment so. */
export const nowIn = (zone) => fromField(toField(new Date().toISOString(), zone), zone);

/** Write a moment for people, in the newsroom's zone. */
export function shown(iso, zone) {
  const moment = Date.parse(iso ?? "");
  if (Number.isNaN(moment)) return "";
  const locale = currentLanguage() === "vi" ? "vi-VN" : "en-GB";
  const date = new Intl.DateTimeFormat(locale, { timeZone: zone, day: "2-digit", month: "2-digit", year: "numeric" });
  const time = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${date.format(moment)} ${time.format(moment)}`;
}

export const isAhead = (iso) => Date.parse(iso ?? "") > Date.now();
