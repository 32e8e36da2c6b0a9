// A class's stream of Server-Sent Events, kept open.

const missed = 2.5; // heartbeats that have to be missing until a stream counts as dead
const usual = 15_000; // milliseconds between heartbeats, until the stream says it
const leave = 60_000; // milliseconds that a superseded stream leaves its place to another, if nobody looks at it
const shortest = 1_000; // the least patience: a busy browser is late itself

const logged = [
  'message.created', 'message.updated', 'message.deleted',
  'member.joined', 'member.updated', 'member.left',
  'class.updated', 'class.deleted',
  'notification.created', 'system.notice', // of the inbox and the system; as signals they have no id
];
const signals = ['presence.snapshot', 'presence.updated', 'typing.updated'];

// Stream follows a class from a cursor on. EventSource reconnects by itself; what it can't know is that a
// connection is dead though nobody ended it, which is told by missing heartbeats.
//
// It calls these of `on`:
//   event(type, entry)  for each entry of the class's log, in order and once
//   signal(type, data)  for what is live: who is there, who types
//   moved(cursor)       when everything up to this cursor was taken
//   live()              when the stream is open
//   lost()              when it is not; it will come back. A stream that was superseded by another of the same user
//                       comes back when the page is looked at again: at once, it would supersede another in turn
//   resync()            when the cursor can't be honoured; the stream is closed
//   refused(greeted)    when the browser has given up; greeted tells whether this cursor ever worked
export class Stream {
  #path;
  #cursor;
  #on;
  #source;
  #greeted = false;
  #patience = missed * usual;
  #heard = 0; // when something last came
  #timer;
  #away = false; // superseded
  #listening = new AbortController();

  constructor(path, cursor, on) {
    this.#path = path;
    this.#cursor = cursor;
    this.#on = on;
    const { signal } = this.#listening;
    document.addEventListener('visibilitychange', () => this.#wake(), { signal });
    addEventListener('focus', () => this.#wake(), { signal });
    // A page that the browser keeps for the back button must hold no connection.
    addEventListener('pagehide', () => this.#drop(), { signal });
    addEventListener('pageshow', (event) => event.persisted && this.#reopen(), { signal });
    this.#open();
  }

  close() {
    this.#listening.abort();
    this.#drop();
  }

  #open() {
    const source = this.#source = new EventSource(`${this.#path}?last_event_id=${encodeURIComponent(this.#cursor)}`);
    const hear = (type, take) => source.addEventListener(type, (event) => {
      this.#heed();
      take(JSON.parse(event.data));
      if (source.readyState === EventSource.CLOSED) return; // what came was a reason to leave
      this.#cursor = event.lastEventId || this.#cursor;
      this.#on.moved(this.#cursor);
    });
    for (const type of logged) hear(type, (entry) => this.#on.event(type, entry));
    for (const type of signals) hear(type, ({ data }) => this.#on.signal(type, data));
    hear('heartbeat', () => {});
    hear('stream.ready', (ready) => {
      this.#patience = Math.max(shortest, missed * ready.heartbeat_ms);
      this.#greeted = true;
      this.#heed();
      this.#on.live();
    });
    hear('stream.closing', ({ reason }) => {
      this.#on.lost();
      if (reason === 'superseded') this.#giveWay();
    });
    hear('resync', () => {
      this.close();
      this.#on.resync();
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) {
        this.close();
        this.#on.refused(this.#greeted);
        return;
      }
      this.#heed();
      this.#on.lost();
    };
    this.#heed();
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#source.close();
  }

  // giveWay closes the stream, which has to be done before EventSource comes back, until the page is looked at again.
  #giveWay() {
    this.#drop();
    this.#away = true;
    this.#timer = setTimeout(() => this.#reopen(), leave);
  }

  #reopen() {
    this.#away = false;
    this.#drop();
    this.#on.lost();
    this.#open();
  }

  // heed winds the watch up again: the stream has just shown that it lives.
  #heed() {
    this.#heard = Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#reopen(), this.#patience);
  }

  // wake looks at the clock when the page is seen again: timers of hidden pages and of machines asleep are late.
  #wake() {
    if (document.visibilityState !== 'visible') return;
    if (this.#away || Date.now() - this.#heard >= this.#patience) this.#reopen();
  }
}
