// The bar of what the operators tell everybody, until it expires.

const longest = 2 ** 31 - 1; // milliseconds that a browser's timer can wait

export class Notices {
  #bar;
  #known = new Map(); // id → the notice at its highest version
  #timer;

  constructor(bar) {
    this.#bar = bar;
  }

  // reset shows these notices and no others.
  reset(notices) {
    this.#known.clear();
    for (const notice of notices) this.#known.set(notice.id, notice);
    this.#show();
  }

  // put takes a notice that is new, or is withdrawn: then it has expired.
  put(notice) {
    if (this.#known.get(notice.id)?.version >= notice.version) return;
    this.#known.set(notice.id, notice);
    this.#show();
  }

  #show() {
    const now = Date.now();
    const live = [...this.#known.values()].filter(({ expires_at: end }) => Date.parse(end) > now);
    this.#bar.replaceChildren(...live.map(({ level, text }) => {
      const item = document.createElement('p');
      item.dataset.level = level;
      item.textContent = text;
      return item;
    }));
    this.#bar.hidden = live.length === 0;
    clearTimeout(this.#timer);
    const next = Math.min(...live.map(({ expires_at: end }) => Date.parse(end)));
    if (live.length > 0) this.#timer = setTimeout(() => this.#show(), Math.min(next - now + 1, longest));
  }
}
