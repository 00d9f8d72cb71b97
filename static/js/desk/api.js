// What the desk asks of its server. A refusal becomes a Problem with the server's own facts; no line becomes Offline.

const boot = JSON.parse(document.getElementById("boot").textContent)

export class Problem extends Error {
  constructor(status, facts) {
    super(facts.detail || facts.title || String(status))
    this.status = status
    this.code = facts.code || ""
    this.facts = facts
  }
}

export class Offline extends Error {}

export const get = path => ask(path)
export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF": boot.csrf }, body: JSON.stringify(body) })

async function ask(path, options = {}) {
  let answer
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options, headers: { Accept: "application/json", ...options.headers } })
  } catch (error) {
    throw new Offline(error.message)
  }
  const facts = await answer.json().catch(() => ({}))
  // The seat ended (logged out elsewhere, or expired): only the door helps.
  if (answer.status === 401) location.assign(boot.login)
  if (!answer.ok) throw new Problem(answer.status, facts)
  return facts
}
