// What is typed and not saved outlives a closed tab: in this browser alone, with the state of the file it was begun from.

export class Kept {
  constructor(name, on) { Object.assign(this, { name, on }) }

  keep(text, mark, stored) {
    if (!this.on) return
    if (text == stored) return this.forget()
    try {
      localStorage.setItem(this.name, JSON.stringify({ text, mark }))
    } catch {
      // No room, or none allowed: the page still asks before it is left.
    }
  }

  found(stored) {
    if (!this.on) return null
    try {
      const kept = JSON.parse(localStorage.getItem(this.name))
      return kept && typeof kept.text == "string" && kept.text != stored ? kept : null
    } catch {
      return null
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.name)
    } catch {
      // Nothing was kept either.
    }
  }
}
