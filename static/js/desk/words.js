// The page's words, from its own JSON block. No text for people stands in a script.

const words = JSON.parse(document.getElementById("words").textContent)

export const locale = document.documentElement.lang || "en"
const plurals = new Intl.PluralRules(locale)
const PLACE = /\{(\w+)\}/g

export const has = key => key in words

export const t = (key, values = {}) =>
  (words[key] ?? key).replace(PLACE, (whole, name) => (name in values ? String(values[name]) : whole))

// key.one, key.few ... by the language's own rules, else key.other.
export function count(key, n, values = {}) {
  const form = `${key}.${plurals.select(n)}`
  return t(has(form) ? form : `${key}.other`, { n: new Intl.NumberFormat(locale).format(n), ...values })
}

// As `t`, but values may be nodes: the sentence's order is the translator's, the marks in it are ours.
export function rich(key, values = {}) {
  return (words[key] ?? key).split(/(\{\w+\})/).map(part => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    return name && name in values ? values[name] : part
  })
}

// The text of a code, where there is one; else the code itself, or what is given: an unknown channel still has a name.
export const named = (key, fallback = key.slice(key.lastIndexOf(".") + 1)) => (has(key) ? t(key) : fallback)
