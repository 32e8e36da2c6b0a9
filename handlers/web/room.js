// One user in one class: signed in, loaded and following, whatever the connection does.

import { call, Problem } from './api.js';
import { Stream } from './stream.js';

const pageSize = 100; // messages that are loaded at a time
const manyMembers = 200; // the most that a list gives at a time
const typingEvery = 3_000; // milliseconds between two words of typing, half of what one is good for
const firstPause = 1_000; // milliseconds until the second attempt, on average…
const longestPause = 30_000; // …doubled with each further one up to this

// What a status says of entering a room, where the problem itself can only speak of a call.
const farewells = {
  401: 'Your sign-in has expired, or is not for this server.',
  403: 'You may not be in this class.',
  404: 'There is no such class, or you are not in it any more.',
};

// Room calls these of its view:
//   state(state, why)             connecting, live, reconnecting or closed; why is '' or a sentence
//   room(class), members(list)    when they were loaded
//   messages(list, more)          the newest, oldest first; more tells whether there are older ones
//   inbox(page), notices(list)    when they were loaded
//   event(type, entry)            for each entry of the class's log and of the inbox after that, and what else is told
//   signal(type, data)            for who is there and who types
//   cursor(cursor)                when that changes
export class Room {
  #path;
  #token;
  #renew;
  #view;
  #cursor = null; // null: the messages have to be loaded
  #older = null; // the page of messages before those that are loaded
  #failures = 0; // since the stream was last live
  #visit = new AbortController();
  #stream;
  #outbox = Promise.resolve();
  #typed = 0; // when the class was last told that the user types; 0: it wasn't, or the user stopped

  // renew is asked for a new token when this one is no good any more; null where nobody can give one.
  constructor({ id, token, renew }, view) {
    this.#path = `/v1/classes/${encodeURIComponent(id)}`;
    this.#token = token;
    this.#renew = renew;
    this.#view = view;
  }

  // enter goes on from where the room was left.
  enter() {
    this.leave();
    this.#failures = 0;
    this.#visit = new AbortController();
    this.#view.state('connecting', '');
    return this.#connect(this.#visit.signal);
  }

  leave() {
    this.#visit.abort();
    this.#stream?.close();
  }

  // post sends a message and returns it. Messages go out one after another, so that they stay in order.
  post(text) {
    this.#typed = 0; // which the post itself says
    const sent = this.#outbox.then(() => this.#call('/messages', { method: 'POST', body: { text } }));
    this.#outbox = sent.catch(() => {}); // told to whoever sent it
    return sent.then(({ body }) => body);
  }

  // read marks notifications as read up to one, and returns how many are unread then.
  async read(id) {
    return (await this.#call('/v1/notifications/read', { method: 'PUT', body: { up_to: id } })).body.unread;
  }

  // typing tells the class that the user types, now and then, or that the field is empty again.
  typing(typing) {
    const now = Date.now();
    if (typing ? now - this.#typed < typingEvery : this.#typed === 0) return;
    this.#typed = typing ? now : 0;
    this.#call('/typing', { method: 'PUT', body: { typing } }).catch(() => {}); // the next word may get through
  }

  // earlier loads the next older messages. It returns null if everything was loaded anew meanwhile.
  async earlier() {
    const page = this.#older;
    const { body } = await this.#call(`/messages?limit=${pageSize}&page=${encodeURIComponent(page)}`);
    if (page !== this.#older) return null;
    this.#older = body.next;
    return { messages: body.items.reverse(), more: body.next !== null };
  }

  // connect tries until the stream is opened, someone says that it never will be, or the room is left.
  async #connect(signal) {
    for (;;) {
      try {
        if (this.#failures > 0) await pause(this.#failures, signal);
        if (signal.aborted) return;
        this.#failures++;
        await this.#signIn(signal);
        await this.#load(signal);
        if (!signal.aborted) this.#follow(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Problem && error.passing) {
          this.#view.state('reconnecting', error.message);
          continue;
        }
        this.#view.state('closed', farewells[error.status] ?? error.message);
        if (!(error instanceof Problem)) throw error;
        return;
      }
    }
  }

  // signIn puts the token into the cookie, the only thing that an EventSource can show. All else is called with
  // the token itself: the cookie is shared by all tabs, which may each be somebody else.
  #signIn(signal) {
    return this.#call(null, { method: 'POST', signal });
  }

  async #load(signal) {
    this.#view.room((await this.#call('', { signal })).body);
    const members = [];
    for (let page = ''; page !== null;) {
      const { body } = await this.#call(`/members?limit=${manyMembers}${page && `&page=${encodeURIComponent(page)}`}`, { signal });
      members.push(...body.items);
      page = body.next;
    }
    this.#view.members(members);
    this.#view.notices((await this.#call('/v1/system/notices', { signal })).body.items);
    this.#view.inbox((await this.#call('/v1/notifications', { signal })).body);
    if (this.#cursor !== null) return;
    const { body, cursor } = await this.#call(`/messages?limit=${pageSize}`, { signal });
    this.#older = body.next;
    this.#view.messages(body.items.reverse(), body.next !== null);
    this.#moved(cursor);
  }

  #follow(signal) {
    this.#stream = new Stream(`${this.#path}/stream`, this.#cursor, {
      event: (type, entry) => this.#view.event(type, entry),
      signal: (type, data) => this.#view.signal(type, data),
      moved: (cursor) => this.#moved(cursor),
      live: () => {
        this.#failures = 0;
        this.#view.state('live', '');
      },
      lost: () => this.#view.state('reconnecting', ''),
      resync: () => {
        this.#cursor = null;
        this.#failures = Math.max(1, this.#failures); // many are told so at once: come back spread out
        this.#again(signal);
      },
      refused: (greeted) => {
        if (!greeted) this.#cursor = null; // that may have been what was refused
        this.#failures = Math.max(1, this.#failures);
        this.#again(signal);
      },
    });
  }

  #again(signal) {
    this.#view.state('reconnecting', '');
    this.#connect(signal);
  }

  #moved(cursor) {
    this.#cursor = cursor;
    this.#view.cursor(cursor);
  }

  // call makes a call about this class, about something else where the path begins with /v1, or about the session where it
  // is null; with a new token if need be.
  async #call(path, options) {
    const url = path === null ? '/v1/session' : path.startsWith('/v1/') ? path : this.#path + path;
    try {
      return await call(url, { ...options, token: this.#token });
    } catch (error) {
      if (error.status !== 401 || !this.#renew) throw error;
      this.#token = await this.#renew();
      return call(url, { ...options, token: this.#token });
    }
  }
}

// pause waits before another attempt: longer each time, and never as long as everybody else.
function pause(failures, signal) {
  const middle = Math.min(longestPause, firstPause * 2 ** (failures - 1));
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, middle * (0.5 + Math.random()));
    signal.addEventListener('abort', over);
  });
}
