// The list of messages on the screen.

const closeBy = 40; // pixels from the end that still count as reading the end
const together = 5 * 60_000; // milliseconds within which messages of one author look like one

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

// Timeline shows each message once, in the order of seq and at its highest version, however often and from
// wherever it comes: a list, the stream, or the answer to a post.
export class Timeline {
  #log; // the element that scrolls
  #list;
  #template;
  #newest; // the button that leads to the end
  #person;
  #known = new Map(); // id → the message at its highest version
  #items = new Map(); // id → its element
  #floor = 0; // messages with a lower seq aren't shown yet
  #atEnd = true;

  // person gives the {name, role, mine} of a user.
  constructor({ log, list, template, newest, person }) {
    this.#log = log;
    this.#list = list;
    this.#template = template;
    this.#newest = newest;
    this.#person = person;
    log.addEventListener('scroll', () => this.#scrolled());
    newest.addEventListener('click', () => {
      this.#toEnd();
      log.focus();
    });
    // Whoever reads the end goes on reading it when messages come or the keyboard takes room.
    const sizes = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    for (const element of [log, ...log.children]) sizes.observe(element);
  }

  // reset shows these messages and no others.
  reset(messages, more) {
    this.#known.clear();
    this.#items.clear();
    this.#list.replaceChildren();
    this.#quietly(() => this.#take(messages, more));
    this.#toEnd();
  }

  // extend adds older messages on top; what is being read stays where it is.
  extend(messages, more) {
    const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
    this.#quietly(() => this.#take(messages, more));
    this.#log.scrollTop = this.#log.scrollHeight - fromEnd;
  }

  // put shows a message that is new or changed.
  put(message) {
    const isNew = !this.#known.has(message.id);
    if (!this.#keep(message) || message.seq < this.#floor) return;
    this.#show(message);
    if (!isNew) return;
    if (this.#person(message.author).mine) this.#toEnd();
    else this.#newest.hidden = this.#atEnd;
  }

  // renamed shows who someone is now.
  renamed(user) {
    for (const [id, item] of this.#items) {
      const message = this.#known.get(id);
      if (message.author === user) this.#sign(item, message);
    }
  }

  get empty() {
    return this.#items.size === 0;
  }

  #take(messages, more) {
    this.#floor = more ? messages[0]?.seq ?? 0 : 0;
    for (const message of messages) this.#keep(message);
    // An older page may be behind what the stream has told since; and it told of messages that weren't shown.
    for (const message of this.#known.values()) {
      if (message.seq >= this.#floor && !this.#items.has(message.id)) this.#show(message);
    }
  }

  // keep remembers a message, unless we know it as well or better.
  #keep(message) {
    if (this.#known.get(message.id)?.version >= message.version) return false;
    this.#known.set(message.id, message);
    return true;
  }

  #show(message) {
    let item = this.#items.get(message.id);
    if (!item) {
      item = this.#template.content.firstElementChild.cloneNode(true);
      item.dataset.id = message.id;
      item.dataset.seq = message.seq;
      this.#items.set(message.id, item);
      this.#insert(item, message);
      this.#sign(item, message);
      this.#date(item.querySelector('time'), new Date(message.created_at));
    }
    const deleted = message.text === null;
    item.classList.toggle('deleted', deleted);
    item.querySelector('.text').textContent = deleted ? 'message deleted' : message.text;
    item.querySelector('.edited').hidden = deleted || message.edited_at === null;
  }

  #insert(item, message) {
    let before = this.#list.lastElementChild;
    while (before && Number(before.dataset.seq) > message.seq) before = before.previousElementSibling;
    if (before) before.after(item);
    else this.#list.prepend(item);
    this.#join(item);
    if (item.nextElementSibling) this.#join(item.nextElementSibling);
  }

  // join makes a message look like the rest of the one before, if the same author has just written that.
  #join(item) {
    const message = this.#known.get(item.dataset.id);
    const before = this.#known.get(item.previousElementSibling?.dataset.id);
    const joined = before?.author === message.author && Date.parse(message.created_at) - Date.parse(before.created_at) < together;
    item.classList.toggle('joined', joined);
  }

  #sign(item, { author }) {
    const { name, role, mine } = this.#person(author);
    item.classList.toggle('mine', mine);
    item.querySelector('.author').textContent = mine ? 'You' : name;
    item.querySelector('.role').textContent = role === 'student' ? '' : role;
    const avatar = item.querySelector('.avatar');
    avatar.textContent = initials(name);
    avatar.dataset.hue = hue(author);
  }

  #date(element, time) {
    const today = time.toDateString() === new Date().toDateString();
    element.dateTime = time.toISOString();
    element.title = full.format(time);
    element.textContent = today ? clock.format(time) : `${day.format(time)}, ${clock.format(time)}`;
  }

  // quietly keeps a screen reader from reading out what is only being loaded.
  #quietly(change) {
    this.#log.ariaBusy = 'true';
    change();
    requestAnimationFrame(() => { this.#log.ariaBusy = 'false'; });
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    this.#atEnd = scrollHeight - scrollTop - clientHeight <= closeBy;
    if (this.#atEnd) this.#newest.hidden = true;
  }

  #toEnd() {
    this.#atEnd = true;
    this.#newest.hidden = true;
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const [first = '', ...rest] = words.map((word) => [...word][0]);
  return (first + (rest.at(-1) ?? '')).toLocaleUpperCase();
}

// hue is one of six colours, the same for a user everywhere.
function hue(user) {
  return [...user].reduce((sum, letter) => (sum * 41 + letter.codePointAt(0)) % 9973, 0) % 6;
}
