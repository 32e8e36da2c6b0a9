// The page: what it shows, and who is there.

import { call, Problem } from './api.js';
import { Bell } from './bell.js';
import { Notices } from './notices.js';
import { Present } from './present.js';
import { Room } from './room.js';
import { Timeline } from './timeline.js';

const $ = (id) => document.getElementById(id);

const people = new Map(); // user → {name, role}, of everyone who was seen in the class
let session = null; // the demo class and its users, in development mode
let me; // the user that we speak for
let room; // the room that we are in

const timeline = new Timeline({
  log: $('log'), list: $('messages'), template: $('message'), newest: $('newest'),
  person: (user) => ({ name: user, role: '', ...people.get(user), mine: user === me }),
});

const notices = new Notices($('notices'));
const bell = new Bell({ button: $('bell'), badge: $('unread'), list: $('inbox'), read: (id) => room.read(id) });
const present = new Present((user) => people.get(user)?.name ?? user);

// start takes the user and class from the link that led here, or else offers the demo users of development mode.
// Only a server in development mode has any; another one gets a word about what it is.
async function start() {
  const link = takeLink();
  if (link) {
    session = null;
    offer([link], link.user);
    return enter({ id: link.class, token: link.token, renew: null }, link.user);
  }
  try {
    session = await demo();
  } catch (error) {
    if (error.status === 404) return see('about');
    see('room');
    return state('closed', error.message);
  }
  const remembered = session.users.find(({ user }) => user === history.state?.user);
  offer(session.users, (remembered ?? session.users[0]).user);
  return enterDemo();
}

// takeLink reads #token=…&class=… and at once removes it from the address, where it would be seen, copied and kept.
function takeLink() {
  const { token, class: id } = Object.fromEntries(fragment());
  if (token === undefined) return null;
  const { sub: user = '', name } = claims(token);
  history.replaceState({ user }, '', location.pathname + location.search);
  return { token, class: id ?? '', user, name };
}

function fragment() {
  return new URLSearchParams(location.hash.slice(1));
}

// claims reads what a token says, to show it. Whether that is true is for the server to judge.
function claims(token) {
  try {
    const payload = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (letter) => letter.charCodeAt(0))));
  } catch {
    return {};
  }
}

async function demo() {
  return (await call('/dev/session')).body;
}

// offer lists the users to choose from.
function offer(users, chosen) {
  $('who').replaceChildren(...users.map(({ user, name, role }) => {
    const label = role ? `${name || user} (${role})` : name || user;
    return new Option(label, user, false, user === chosen);
  }));
}

// enterDemo enters as the chosen user, and makes it the choice after a reload too.
function enterDemo() {
  const user = $('who').value;
  const token = ({ users }) => users.find((one) => one.user === user)?.token;
  history.replaceState({ user }, '');
  return enter({ id: session.class.id, token: token(session), renew: async () => token(await demo()) }, user);
}

function enter(credentials, user) {
  room?.leave();
  room = new Room(credentials, view);
  me = user;
  people.clear();
  present.reset();
  showPresent();
  timeline.reset([], false); // what the last user could read is not for the next to see
  bell.reset([], 0);
  for (const id of ['earlier', 'empty', 'news']) $(id).hidden = true;
  $('cursor').textContent = '';
  see('room');
  return room.enter();
}

// again is for someone who doesn't want to wait, or was told no. A demo class that is gone may have a successor.
function again() {
  const gone = $('state').textContent === 'closed';
  return room && !(session && gone) ? room.enter() : start();
}

function see(name) {
  document.body.dataset.view = name;
}

// What the room tells.
const view = {
  state,
  room: title,

  members(members) {
    for (const member of members) meet(member);
    showPresent();
  },

  messages(messages, more) {
    timeline.reset(messages, more);
    $('earlier').hidden = !more;
    news('');
  },

  inbox({ items, unread }) {
    bell.reset(items, unread);
  },

  notices(list) {
    notices.reset(list);
  },

  event(type, { data }) {
    switch (type) {
      case 'notification.created':
        bell.ring(data, data.actor === me);
        break;
      case 'system.notice':
        notices.put(data);
        break;
      case 'message.created':
        news('');
        timeline.put(data);
        break;
      case 'message.updated':
      case 'message.deleted':
        timeline.put(data);
        break;
      case 'member.joined':
      case 'member.updated':
        meet(data);
        if (type === 'member.joined') news(`${data.name || data.user} joined the class`);
        break;
      case 'member.left':
        news(`${data.name || data.user} left the class`);
        break;
      case 'class.updated':
        title(data);
        break;
    }
    showPresent(); // by names that may be others now
    $('empty').hidden = !timeline.empty;
  },

  signal(type, data) {
    present.take(type, data);
    showPresent();
  },

  cursor(cursor) {
    $('cursor').textContent = cursor;
    $('empty').hidden = !timeline.empty;
  },
};

function state(name, why) {
  const element = $('state');
  if (element.textContent !== name) element.textContent = name; // said again, it would be read out again
  element.dataset.state = name;
  $('trouble').hidden = name === 'live' || name === 'connecting' || (name === 'reconnecting' && why === '');
  $('why').textContent = why;
}

function title({ name }) {
  $('class').textContent = name;
  document.title = `${name} · Homeroom`;
}

function meet({ user, name, role }) {
  const known = people.get(user);
  const person = { name: name || user, role };
  people.set(user, person);
  if (known?.name !== person.name || known?.role !== person.role) timeline.renamed(user);
}

function showPresent() {
  $('there').textContent = present.there;
  $('typing').textContent = present.typing;
}

// news is a line below the messages, until there is something newer.
function news(text) {
  $('news').textContent = text;
  $('news').hidden = text === '';
}

function complain(text) {
  $('error').textContent = text;
  $('text').ariaInvalid = text === '' ? null : 'true';
}

// The field is free for the next message as soon as one is on its way. What could not be sent comes back to it.
async function send() {
  const field = $('text');
  const text = field.value;
  if (text.trim() === '') {
    complain('Write something first.');
    field.focus();
    return;
  }
  field.value = '';
  complain('');
  const here = room;
  try {
    const message = await here.post(text);
    if (here !== room) return;
    timeline.put(message);
    $('empty').hidden = true;
  } catch (error) {
    field.value = field.value === '' ? text : `${text}\n${field.value}`;
    complain(error.status === 0 ? `${error.message} Perhaps this was not sent.` : error.message);
    field.focus();
  }
}

async function earlier() {
  const button = $('earlier');
  const here = room;
  button.disabled = true;
  try {
    const older = await here.earlier();
    if (older === null || here !== room) return;
    timeline.extend(older.messages, older.more);
    button.hidden = !older.more;
    $('log').focus({ preventScroll: true });
  } catch (error) {
    if (error instanceof Problem) news(error.message);
    else if (here === room) throw error;
  } finally {
    button.disabled = false;
  }
}

$('compose').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return; // composing: Enter picks a word
  event.preventDefault();
  $('compose').requestSubmit();
});
$('text').addEventListener('input', () => room?.typing($('text').value !== ''));
$('who').addEventListener('change', enterDemo);
$('earlier').addEventListener('click', earlier);
$('again').addEventListener('click', again);
addEventListener('hashchange', () => fragment().has('token') && start());
start();
