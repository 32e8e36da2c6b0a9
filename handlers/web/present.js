// Who is there, and who types, in words.

const namesMost = 12; // names that are shown of those who are there
const list = new Intl.ListFormat('en', { type: 'conjunction' });

// Present follows the signals of a class. Its words are for textContent.
export class Present {
  #states = new Map(); // user → online or away
  #typing = { users: [], count: 0 };
  #name;

  // name gives the name of a user.
  constructor(name) {
    this.#name = name;
  }

  reset() {
    this.#states.clear();
    this.#typing = { users: [], count: 0 };
  }

  // take follows one signal.
  take(type, data) {
    if (type === 'typing.updated') {
      this.#typing = data;
      return;
    }
    if (type === 'presence.snapshot') this.#states.clear();
    for (const state of ['online', 'away']) {
      for (const user of data[state]) this.#states.set(user, state);
    }
    for (const user of data.offline ?? []) this.#states.delete(user);
  }

  // there names who is online, and then who is away.
  get there() {
    const of = (wanted) => {
      const users = [...this.#states].filter(([, state]) => state === wanted).map(([user]) => this.#name(user)).sort((a, b) => a.localeCompare(b));
      const more = users.length - namesMost;
      return list.format(more > 0 ? [...users.slice(0, namesMost), `${more} more`] : users);
    };
    const away = of('away');
    return [of('online'), away && `away: ${away}`].filter(Boolean).join(' · ');
  }

  // typing says who types, or ''.
  get typing() {
    const { users, count } = this.#typing;
    if (count === 0) return '';
    const names = users.slice(0, 2).map(({ name }) => name);
    const more = count - names.length;
    if (more > 0) names.push(more === 1 ? '1 other' : `${more} others`);
    return `${list.format(names)} ${count === 1 ? 'is' : 'are'} typing…`;
  }
}
