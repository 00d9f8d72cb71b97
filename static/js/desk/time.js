// Instants for agents: the clock of the desk's own zone, waiting times in the fewest letters that stay clear.

import { locale } from "./words.js"

const HOUR = 3_600_000
const clocks = new Intl.DateTimeFormat(locale, { timeStyle: "short" })
const days = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" })
const short = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" })
const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" })
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" })
const unit = name => new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "narrow" })
const units = { second: unit("second"), minute: unit("minute"), hour: unit("hour"), day: unit("day") }

// Wire times are RFC 3339 or milliseconds.
export const ms = at => (typeof at === "number" ? at : Date.parse(at))
export const clock = at => clocks.format(ms(at))
export const day = at => days.format(ms(at))
export const exact = at => full.format(ms(at))
export const sameDay = (one, two) => new Date(ms(one)).toDateString() === new Date(ms(two)).toDateString()

// "14:05" today, "3 Nov" before.
export const stamp = (at, now = Date.now()) => (sameDay(at, now) ? clock(at) : short.format(ms(at)))

// How long something has lasted: 40s, 12m, 2h 5m, 3d.
export function lasting(since, now = Date.now()) {
  const seconds = Math.max(0, Math.floor((now - ms(since)) / 1000))
  if (seconds < 60) return units.second.format(seconds)
  if (seconds < 3600) return units.minute.format(Math.floor(seconds / 60))
  const minutes = Math.floor((seconds % 3600) / 60), hours = Math.floor(seconds / 3600)
  if (hours >= 24) return units.day.format(Math.floor(hours / 24))
  return minutes ? `${units.hour.format(hours)} ${units.minute.format(minutes)}` : units.hour.format(hours)
}

// "in 12 minutes", "5 minutes ago".
export function towards(at, now = Date.now()) {
  const away = ms(at) - now
  const minutes = Math.round(away / 60_000)
  return Math.abs(away) < HOUR ? relative.format(minutes, "minute") : relative.format(Math.round(away / HOUR), "hour")
}
