/* The page's words, from its JSON block: no text for people stands in a script. */

const words = JSON.parse(document.getElementById("words").textContent);

export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/* The form of a counted word that this language uses for n. */
export function count(key, n) {
  const form = new Intl.PluralRules(document.documentElement.lang).select(n);
  return say(`${key}.${form}` in words ? `${key}.${form}` : `${key}.other`, { n });
}
