// Looks again at a page that waits for a call or for news: soon at first, then seldom, since what is waited for may take
// hours. Nobody waits for a page that nobody looks at.

const SOON = 4_000, SELDOM = 30_000

// What a reader sees of a page. Its style is cut out first: a parsed one would count as one more inline style.
const seen = html => new DOMParser().parseFromString(html.replace(/<style>[^]*?<\/style>/, ""), "text/html").querySelector("main")

// `show` puts a fetched page in the place of this one. Gives what stops the looking.
export const start = (main, go, show) => {
  let timer, turns = 0, over

  const later = () => { timer = setTimeout(look, Math.min(SELDOM, SOON * 1.3 ** turns++)) }

  const look = async () => {
    clearTimeout(timer)
    if (document.hidden || over) return
    try {
      const answer = await fetch(main.dataset.again), now = seen(await answer.clone().text())
      if (over) return
      // Nothing new: neither the reader's place nor their screen reader is disturbed.
      if (now && now.textContent != main.textContent) return show(answer)
    } catch {
      // Without a network there is no news either.
    }
    later()
  }

  document.addEventListener("visibilitychange", look)
  later()
  return () => {
    over = true
    clearTimeout(timer)
    document.removeEventListener("visibilitychange", look)
  }
}
