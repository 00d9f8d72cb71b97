// "You are asking for something the customer already gave." A pure check over the draft and the pack's values: it needs a
// sign of asking (a question mark, or a phrase) and a word of the value. It only ever tells; nothing is held back.

import { has, t } from "./words.js"

const list = key => (has(key) ? t(key).split("|").map(word => word.trim().toLowerCase()).filter(Boolean) : [])
const asking = list("desk.asking")
const letter = /[\p{L}\p{N}]/u

// The values a draft asks for, at most three.
export function asksAgain(draft, given) {
  const text = ` ${draft.toLowerCase().replace(/\s+/g, " ")} `
  if (!/[?؟]/.test(text) && !asking.some(phrase => holds(text, phrase))) return []
  // What the draft itself says is not asked for: "is your flight still MA 212?" names the value.
  return given.filter(one => words(one).some(word => holds(text, word)) && !(one.shown && holds(text, String(one.text).toLowerCase()))).slice(0, 3)
}

// The value's own names, and what people call such a thing in the agent's language.
function words(one) {
  const last = one.name.split(".").pop()
  return [...one.words, one.label.toLowerCase(), ...list(`desk.ask.${one.type}`), ...list(`desk.ask.${last}`)]
}

function holds(text, word) {
  if (word.length < 3) return false
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!letter.test(text[at - 1] || " ") && !letter.test(text[at + word.length] || " ")) return true
  }
  return false
}
