// The bell: what concerns the user over all classes, and how much of it is new.

const shownMost = 30; // notifications that the list shows
const countMost = 99; // beyond it the bell only says that there are more

const saying = {
  'message.mention': 'mentions you',
  'message.reply': 'replies to you',
  'message.held': 'was held back (spam?)',
  'announcement.created': 'announces',
  'assignment.created': 'gives an assignment',
  'assignment.due': 'reminds of an assignment',
  'member.joined': 'added you to a class',
  'member.updated': 'changed your membership',
  'member.left': 'took you out of a class',
  'system.notice': 'tells everybody',
};

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' });

// Bell shows the count on a button, and the list while it is open: to look at the list is to read it.
export class Bell {
  #button;
  #badge;
  #list;
  #read;
  #items = new Map(); // id → notification
  #unread = 0;

  // read is called with the id up to which everything was seen, and promises how many are unread then.
  constructor({ button, badge, list, read }) {
    this.#button = button;
    this.#badge = badge;
    this.#list = list;
    this.#read = read;
    button.addEventListener('click', () => this.#toggle());
  }

  // reset shows a list as it was loaded.
  reset(items, unread) {
    this.#items = new Map(items.map((item) => [item.id, item]));
    this.#unread = unread;
    this.#show();
  }

  // ring takes one that has just come. Those that come again, after a reload, are known.
  ring(notification, mine) {
    if (this.#items.has(notification.id)) return;
    this.#items.set(notification.id, { ...notification, read: mine });
    if (!mine) this.#unread++;
    this.#show();
    if (!this.#list.hidden) this.#seen();
  }

  #toggle() {
    this.#list.hidden = !this.#list.hidden;
    this.#button.ariaExpanded = String(!this.#list.hidden);
    this.#show();
    if (!this.#list.hidden) this.#seen();
  }

  async #seen() {
    const newest = [...this.#items.keys()].sort().at(-1);
    if (newest === undefined || this.#unread === 0) return;
    this.#unread = await this.#read(newest);
    for (const item of this.#items.values()) if (item.id <= newest) item.read = true;
    this.#badgeOnly();
  }

  #badgeOnly() {
    this.#badge.hidden = this.#unread === 0;
    this.#badge.textContent = this.#unread > countMost ? `${countMost}+` : String(this.#unread);
  }

  #show() {
    this.#badgeOnly();
    if (this.#list.hidden) return;
    const newest = [...this.#items.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, shownMost);
    this.#list.replaceChildren(...newest.map((item) => entry(item)));
    if (newest.length === 0) this.#list.replaceChildren(part('li', 'Nothing yet.'));
  }
}

function entry({ kind, actor, at, title, text, read }) {
  const item = document.createElement('li');
  item.classList.toggle('unread', !read);
  const said = [kind === 'system.notice' ? null : title, text].filter(Boolean).join(': ');
  item.append(part('p', `${actor} ${saying[kind] ?? kind}`, 'what'), part('p', said, 'said'), part('p', clock.format(new Date(at)), 'when'));
  return item;
}

function part(name, text, className = '') {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}
