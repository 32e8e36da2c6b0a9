// The page that Homeroom serves at /, in a real browser, against the real binary.
//
// HOMEROOM_SHOTS names a folder to save screenshots in.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, missing } from './chromium.mjs';
import { build, remove, Server, tempFolder } from './server.mjs';

const desktop = { width: 1280, height: 800 };
const phone = { width: 375, height: 667 };

describe('the page', { skip: missing }, () => {
  let browser, server, binary, folder;
  let session; // of /dev/session: the demo class, its users and their tokens
  let teacher, student; // two of its users

  before(async () => {
    folder = await tempFolder();
    binary = await build(folder);
    server = await Server.fresh(binary);
    session = await server.call('GET', '/dev/session');
    teacher = session.users.find((user) => user.role === 'teacher');
    student = session.users.find((user) => user.role === 'student');
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    if (folder) await remove(folder);
  });

  it('shows the demo class and is live', () => withPage({}, async (page) => {
    assert.equal(await page.getByTestId('class').innerText(), session.class.name);
    assert.deepEqual(await values(page.getByTestId('who').locator('option')), session.users.map((user) => user.user));
    assert.notEqual(await page.getByTestId('cursor').innerText(), '');
  }));

  it('sends what is typed, and shows it once', () => withPage({}, async (page) => {
    await page.getByTestId('text').fill('good morning, class');
    await page.getByTestId('send').click();
    await shown(page, ['good morning, class']);
    assert.equal(await page.getByTestId('text').inputValue(), '', 'the field is ready for the next one');
  }));

  it('shows live what others post, change and delete', () => withPage({}, async (page) => {
    const cursor = await page.getByTestId('cursor').innerText();
    const message = await post('posted by a script', student);
    await shown(page, ['posted by a script']);
    const item = page.getByTestId('messages').locator(`li[data-id="${message.id}"]`);
    assert.equal(await item.getAttribute('data-seq'), String(message.seq));
    await page.getByTestId('cursor').filter({ hasNotText: cursor }).waitFor();

    const path = `/v1/classes/${session.class.id}/messages/${message.id}`;
    await server.call('PATCH', path, { token: student.token, body: { text: 'changed by a script' } });
    await shown(page, ['changed by a script']);
    assert.equal(await item.count(), 1, 'a change makes no second entry');
    assert.equal(await page.getByText('posted by a script').count(), 0);

    await server.call('DELETE', path, { token: student.token });
    await page.getByText('changed by a script').waitFor({ state: 'detached' });
  }));

  it('rings for a mention, counts it until the list is opened, and shows it as text', () => withPage({}, async (page) => {
    const { user } = session.users[0]; // whom the page speaks for
    const before = Number(await page.getByTestId('unread').textContent()) || 0;
    const text = `<b>hello</b> @${user}`;
    await post(text, session.users[1]);
    await page.getByTestId('unread').filter({ hasText: String(before + 1), visible: true }).waitFor();
    await page.getByTestId('bell').click();
    await page.getByTestId('inbox').getByText(text, { exact: true }).waitFor();
    assert.equal(await page.getByTestId('inbox').locator('b').count(), 0);
    await page.getByTestId('unread').waitFor({ state: 'hidden' });
    await page.reload();
    await live(page);
    assert.ok(await page.getByTestId('unread').isHidden(), 'what was read stays read');
  }));

  it('speaks as the user that is chosen', () => withPage({}, async (page) => {
    for (const user of session.users) {
      await page.getByTestId('who').selectOption(user.user);
      await live(page);
      const text = `this is ${user.user}`;
      await page.getByTestId('text').fill(text);
      await page.getByTestId('send').click();
      await shown(page, [text]);
      const { items } = await server.call('GET', `/v1/classes/${session.class.id}/messages`, { token: teacher.token });
      assert.equal(items.find((message) => message.text === text)?.author, user.user);
    }
  }));

  it('says why one may not post for the time being, and keeps the text', () => withServer((server) =>
    withPage({ server }, async (page, errors) => {
      const { class: room, users } = await server.call('GET', '/dev/session');
      const [{ token }, pupil] = users;
      const path = `/v1/classes/${room.id}`;
      await page.getByTestId('who').selectOption(pupil.user);
      await live(page);
      const refused = async (text, why) => {
        await page.getByTestId('text').fill(text);
        await page.getByTestId('send').click();
        await page.getByRole('alert').filter({ hasText: why }).waitFor();
        assert.equal(await page.getByTestId('text').inputValue(), text);
      };
      const until = new Date(Date.now() + 3_600_000).toISOString();
      await server.call('PUT', `${path}/members/${pupil.user}/mute`, { token, body: { until } });
      await refused('muted?', `muted in this class until ${until}`);
      await server.call('DELETE', `${path}/members/${pupil.user}/mute`, { token });
      await server.call('PATCH', path, { token, body: { locked: true } });
      await refused('locked?', 'The class is locked');
      await server.call('PATCH', path, { token, body: { locked: false, slow_mode_seconds: 3600 } });
      await page.getByTestId('text').fill('the first one');
      await page.getByTestId('send').click();
      await shown(page, ['the first one']);
      await refused('too soon?', 'slow mode');
      const said = errors.splice(0); // what the browser itself says of each refusal, of typing too
      assert.ok(said.length >= 3 && said.every((line) => /40[39]|429/.test(line)), said.join('\n'));
    })));

  it('misses and repeats nothing when the server is killed', () => withServer((server) =>
    withPage({ server }, async (page, errors) => {
      const texts = ['one', 'two', 'three', 'four', 'five'].map((word) => `number ${word}`);
      await post(texts[0], student, server);
      await shown(page, texts.slice(0, 1));

      const { addr } = server;
      await server.kill();
      await reconnecting(page);

      // Out of the page's reach first, so that these are certainly missed by its stream…
      await server.start();
      await post(texts[1], student, server);
      await post(texts[2], teacher, server);
      await server.kill();
      // …and then where it looks for it: nothing but EventSource itself brings it back.
      await server.start(addr);
      await post(texts[3], student, server);
      await live(page);
      await post(texts[4], teacher, server);
      await shown(page, texts);
      await inOrder(page);

      const before = await ids(page);
      await page.reload();
      await live(page);
      await shown(page, texts);
      assert.deepEqual(await ids(page), before, 'a fresh page shows the same as one that lived through it');

      // While nobody listens, the browser itself reports each attempt; the page may not.
      errors.splice(0, errors.length, ...errors.filter((text) => !text.includes('net::ERR_')));
    })));

  it('leaves its place to another page of the user, and takes it back when it is looked at', () => withServer((server) =>
    withPage({ server }, (one) => withPage({ server }, async (other) => {
      await reconnecting(one);
      await post('to the one that is left', student, server);
      await shown(other, ['to the one that is left']);
      assert.equal(await one.getByText('to the one that is left').count(), 0);
      await one.evaluate(() => dispatchEvent(new Event('focus')));
      await live(one);
      await shown(one, ['to the one that is left']); // and nothing is missed
      await reconnecting(other);
    })), { HOMEROOM_MAX_USER_STREAMS: '1' }));

  it('shows who is there and who types', () => withPage({}, async (page) => {
    await page.getByTestId('who').selectOption(student.user);
    await live(page);
    const there = page.getByTestId('there');
    await there.filter({ hasText: student.name }).waitFor();
    const path = `/v1/classes/${session.class.id}`;
    const typing = (typing) => server.call('PUT', `${path}/typing`, { token: teacher.token, body: { typing } });
    await typing(true);
    await page.getByTestId('typing').filter({ hasText: `${teacher.name} is typing…` }).waitFor();
    await typing(false);
    await page.getByTestId('typing').filter({ hasNotText: 'typing' }).waitFor();

    await withPage({}, async (other) => { // which is the teacher's
      await there.filter({ hasText: teacher.name }).waitFor();
      await page.getByTestId('text').pressSequentially('hm');
      await other.getByTestId('typing').filter({ hasText: `${student.name} is typing…` }).waitFor();
      assert.equal(await page.getByTestId('typing').innerText(), '', 'one is not shown to oneself');
      await page.getByTestId('text').fill('');
      await other.getByTestId('typing').filter({ hasNotText: 'typing' }).waitFor();
      await server.call('PUT', '/v1/presence', { token: teacher.token, body: { state: 'away' } });
      await there.filter({ hasText: `away: ${teacher.name}` }).waitFor();
    });
  }));

  it('shows markup as text', () => withPage({}, async (page) => {
    const texts = [
      '<img src="/nowhere" onerror="window.ran = true">',
      '<script>window.ran = true</script>',
      '&lt;b&gt; is not <b>',
    ];
    for (const text of texts) await post(text, student);
    await shown(page, texts);
    await page.reload(); // they come by the list now, no longer by the stream
    await live(page);
    await shown(page, texts);
    assert.equal(await page.getByTestId('messages').locator('img, script, b').count(), 0);
    assert.equal(await page.evaluate(() => window.ran), undefined);
  }));

  it('keeps line breaks', () => withPage({}, async (page) => {
    await post('first line\nsecond line', teacher);
    const text = page.getByTestId('messages').locator('.text', { hasText: 'first line' });
    await text.waitFor();
    assert.equal(await text.innerText(), 'first line\nsecond line');
  }));

  it('fits a phone', () => withPage({ viewport: phone, isMobile: true, hasTouch: true }, async (page) => {
    const long = 'Donaudampfschifffahrt'.repeat(12);
    await post(long, student);
    await shown(page, [long]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= phone.width, `the page is ${width} pixels wide, the screen ${phone.width}`);
    for (const part of ['text', 'send', 'who']) {
      const box = await page.getByTestId(part).boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= phone.width, `${part} is on the screen: ${JSON.stringify(box)}`);
      assert.ok(box.height >= 24, `${part} is large enough for a finger (WCAG 2.5.8): ${box.height}`);
    }
    await shot(page, 'page-phone');
  }));

  it('has names, roles and landmarks for a screen reader', () => withPage({}, async (page) => {
    assert.match(await page.locator('html').getAttribute('lang'), /^[a-z]{2}/);
    assert.notEqual(await page.title(), '');
    assert.equal(await page.getByRole('main').count(), 1);
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
    for (const [part, role] of [['text', 'textbox'], ['who', 'combobox'], ['send', 'button']]) {
      const named = page.getByRole(role, { name: /\S/ }).and(page.getByTestId(part));
      assert.equal(await named.count(), 1, `${part} is a ${role} with a name`);
    }
    const outline = await page.locator('body').ariaSnapshot();
    const nameless = outline.split('\n').filter((line) => /^\s*- (button|checkbox|combobox|link|radio|textbox)(?! ["/])/.test(line));
    assert.deepEqual(nameless, [], 'every control has a name');

    const announced = (testid) => page.getByTestId(testid).evaluate((element) =>
      element.closest('[role=log], [role=status], [aria-live=polite]') !== null);
    assert.ok(await announced('messages'), 'new messages are read out');
    assert.ok(await announced('state'), 'a lost connection is read out');
  }));

  it('works by keyboard alone', () => withPage({}, async (page) => {
    await tabTo(page, 'text');
    await page.keyboard.type('sent with Enter');
    await page.keyboard.press('Enter');
    await shown(page, ['sent with Enter']);
    assert.ok(await focused(page, 'text'), 'the field keeps the focus');

    await page.keyboard.type('sent with the button');
    await tabTo(page, 'send');
    await page.keyboard.press('Space');
    await shown(page, ['sent with the button']);
  }));

  it('looks as it should', { skip: !process.env.HOMEROOM_SHOTS && 'HOMEROOM_SHOTS names no folder' }, () =>
    withPage({}, (page) => shot(page, 'page-desktop')));

  // withServer runs the story on a server of its own.
  async function withServer(story, settings) {
    const own = await Server.fresh(binary, settings);
    try {
      await story(own);
    } finally {
      await own.close();
    }
  }

  // withPage opens the page in a profile of its own and runs the story once it is live. The
  // story fails if the page reported an error by the end.
  async function withPage({ server: at = server, viewport = desktop, ...options }, story) {
    const context = await browser.newContext({ viewport, ...options });
    try {
      const page = await context.newPage();
      const errors = [];
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(at.url);
      await live(page);
      await story(page, errors);
      assert.deepEqual(errors, [], 'the page reports no errors');
    } finally {
      await context.close();
    }
  }

  // post sends a message past the page. Each server has a class and tokens of its own.
  async function post(text, { user }, at = server) {
    const { class: room, users } = await at.call('GET', '/dev/session');
    const { token } = users.find((one) => one.user === user);
    return at.call('POST', `/v1/classes/${room.id}/messages`, { token, body: { text } });
  }
});

// live waits until the page's stream is open.
function live(page) {
  return page.getByTestId('state').filter({ hasText: /^\s*live\s*$/ }).waitFor();
}

// reconnecting waits until it is not.
function reconnecting(page) {
  return page.getByTestId('state').filter({ hasText: 'reconnecting' }).waitFor();
}

// shown waits until the page shows all of the texts, and then holds it to showing each once
// and in this order.
async function shown(page, texts) {
  const all = () => page.getByTestId('messages').locator('li .text').allTextContents();
  for (const text of texts) {
    await page.waitForFunction((wanted) => [...document.querySelectorAll('[data-testid=messages] li .text')]
      .some((element) => element.textContent === wanted), text);
  }
  assert.deepEqual((await all()).filter((text) => texts.includes(text)), texts);
}

// inOrder checks that the page lists messages by their numbers.
async function inOrder(page) {
  const seqs = await page.getByTestId('messages').locator('li').evaluateAll((items) => items.map((item) => Number(item.dataset.seq)));
  assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b));
}

function ids(page) {
  return page.getByTestId('messages').locator('li').evaluateAll((items) => items.map((item) => item.dataset.id));
}

function values(options) {
  return options.evaluateAll((elements) => elements.map((element) => element.value));
}

// tabTo presses Tab until the part has the focus, as someone without a mouse would.
async function tabTo(page, part) {
  for (let presses = 0; presses < 30; presses++) {
    if (await focused(page, part)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${part} can't be reached by keyboard`);
}

function focused(page, part) {
  return page.getByTestId(part).evaluate((element) => element === document.activeElement);
}

async function shot(page, name) {
  if (!process.env.HOMEROOM_SHOTS) return;
  await page.screenshot({ path: join(process.env.HOMEROOM_SHOTS, `${name}.png`) });
}
