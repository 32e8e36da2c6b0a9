// What users may send, in the page and in a browser's EventSource: it is text, and it is the same text.
//
// HOMEROOM_SHOTS names a folder to save screenshots in.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launch, missing } from './chromium.mjs';
import { build, remove, Server, tempFolder } from './server.mjs';

const roundTrips = 300; // texts
const seed = 6; // of them

const hostile = [
  '</script><img src=x onerror="window.ran=true">', '<script>window.ran=true</script>', 'javascript:window.ran=true', '"><svg onload=window.ran=true>',
  '<iframe srcdoc="<script>parent.ran=true</script>">', '<a href="javascript:window.ran=true">x</a>', '<style>body{display:none}</style>', '&lt;b&gt;<!--', '{{constructor.constructor("window.ran=true")()}}',
  'a\u2028b\u2029c', '\ufeffa', 'a\ufffeb', 'a\u202eb\u202c', 'a\u2066b\u2069', '👩‍👩‍👧‍👦', 'z' + '\u0301\u0327'.repeat(40), '\\u000adata: x', '"},"type":"stream.closing","x":{"',
];
const linesOf = ['a\nb', '\ndata: x\n\n', 'x\nevent: message.created\ndata: {}\n\n', 'x\nid: 0\n\n'];

describe('what users may send', { skip: missing }, () => {
  let browser, server, folder, session, token, path;

  before(async () => {
    folder = await tempFolder();
    server = await Server.fresh(await build(folder));
    session = await server.call('GET', '/dev/session');
    token = session.users[0].token;
    path = `/v1/classes/${session.class.id}`;
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    if (folder) await remove(folder);
  });

  it('is text in the page, and runs nowhere', () => withPage(async (page, { errors, violations }) => {
    const shown = page.getByTestId('messages').locator('li .text');
    for (const text of [...hostile, ...linesOf]) await post(text);
    await shown.nth(hostile.length + linesOf.length - 1).waitFor();
    assert.deepEqual(await shown.allTextContents(), [...hostile, ...linesOf], 'live');
    await page.reload();
    await live(page);
    await shown.nth(hostile.length + linesOf.length - 1).waitFor();
    assert.deepEqual(await shown.allTextContents(), [...hostile, ...linesOf], 'from the list');

    for (const name of hostile) {
      await server.call('PATCH', path, { token, body: { name } });
      await page.waitForFunction((name) => document.querySelector('[data-testid=class]').textContent === name, name);
      await server.call('PUT', `${path}/members/alice`, { token, body: { role: 'student', name } });
      await post(`I am ${name}`, session.users[1].token);
      await page.waitForFunction((name) => [...document.querySelectorAll('[data-testid=messages] li .author')].at(-1)?.textContent === name, name);
    }
    await post(`@rivera ${hostile[0]}`, session.users[1].token);
    await page.getByTestId('bell').click();
    await page.getByTestId('inbox').getByText(hostile[0]).first().waitFor();
    await shot(page, 'page-hostile');

    assert.equal(await page.evaluate(() => window.ran), undefined);
    assert.equal(await page.locator('main :is(img, script, iframe, svg, style, a[href^=javascript]), #inbox :is(img, svg, script)').count(), 0, 'no markup was made of it');
    assert.deepEqual(await violations(), [], 'nor did the policy have to stop anything');
    assert.deepEqual(errors, []);
  }));

  it('would be stopped by the policy if it were markup', () => withPage(async (page, { violations }) => {
    await page.evaluate(async () => {
      const attempt = (what) => { // some of it is stopped as soon as it is tried
        try { what(); } catch (error) { if (!(error instanceof TypeError)) throw error; }
      };
      const add = (tag, change) => attempt(() => document.body.append(Object.assign(document.createElement(tag), change)));
      add('script', { textContent: 'window.ran = "inline"' });
      add('script', { src: 'http://127.0.0.1:9/elsewhere.js' });
      add('script', { src: 'data:text/javascript,window.ran="data"' });
      add('img', { src: 'http://127.0.0.1:9/elsewhere.png' });
      add('iframe', { src: 'http://127.0.0.1:9/' });
      add('style', { textContent: 'body { display: none }' });
      attempt(() => document.body.insertAdjacentHTML('beforeend', '<img src="/nowhere" onerror="window.ran = \'markup\'">'));
      const link = Object.assign(document.createElement('a'), { href: 'javascript:window.ran="link"' });
      document.body.append(link);
      link.click();
      const image = document.createElement('img');
      attempt(() => image.setAttribute('onerror', 'window.ran = "handler"'));
      image.src = '/nowhere';
      document.body.append(image);
      attempt(() => setTimeout('window.ran = "timer"', 0));
      await fetch('http://127.0.0.1:9/').catch(() => {});
      new EventSource('http://127.0.0.1:9/');
      const base = document.createElement('base');
      base.href = 'http://127.0.0.1:9/';
      document.head.append(base);
      const form = Object.assign(document.createElement('form'), { action: 'http://127.0.0.1:9/', method: 'post', target: '_blank' });
      document.body.append(form);
      form.submit();
    });
    await page.waitForFunction(() => new Set(window.violated).size >= 8);
    assert.deepEqual([...new Set(await violations())].sort(), [
      'base-uri', 'connect-src', 'form-action', 'frame-src', 'img-src', 'require-trusted-types-for', 'script-src-elem', 'style-src-elem',
    ]);
    assert.equal(await page.evaluate(() => window.ran), undefined);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).display), 'none');
  }));

  it('comes back identical by EventSource', () => withPage(async (page) => {
    await page.evaluate((path) => new Promise((ready) => {
      window.got = [];
      const source = new EventSource(`${path}/stream`);
      source.addEventListener('stream.ready', ready);
      source.addEventListener('message.created', (event) => window.got.push(JSON.parse(event.data).data.text));
    }), path);
    const sent = [];
    await Promise.all([...texts()].map((text) => post(text).then(() => sent.push(text), (error) => assert.match(String(error), /422/))));
    assert.ok(sent.length > roundTrips / 2, `${sent.length} were taken`);
    await page.waitForFunction((count) => window.got.length >= count, sent.length);
    assert.deepEqual(JSON.parse(await page.evaluate(() => JSON.stringify(window.got))).sort(), sent.sort());
  }));

  // withPage opens the page and runs the story once it is live. No dialog may open.
  async function withPage(story) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    try {
      const page = await context.newPage();
      const errors = [];
      const dialogs = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        dialog.dismiss();
      });
      await page.addInitScript(() => {
        window.violated = [];
        document.addEventListener('securitypolicyviolation', (event) => window.violated.push(event.effectiveDirective));
      });
      await page.goto(server.url);
      await live(page);
      await story(page, { errors, violations: () => page.evaluate(() => window.violated) });
      assert.deepEqual(dialogs, []);
    } finally {
      await context.close();
    }
  }

  function post(text, as = token) {
    return server.call('POST', `${path}/messages`, { token: as, body: { text } });
  }
});

// texts are random, of all planes of Unicode, always the same.
function* texts() {
  let state = seed;
  const below = (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes
    return Math.floor((state / 2 ** 32) * most);
  };
  const awkward = [...'\n\t\u0085\u00ad\u0301\u200b\u200d\u200e\u2028\u2029\u202e\ufdd0\ufeff\ufffd\ufffe\uffff\u{1f9ea}\u{e0041}\u{10ffff}<>&"\'\\/:'];
  const character = () => {
    if (below(4) === 0) return awkward[below(awkward.length)];
    const point = below(2) === 0 ? below(0x3000) : below(0x110000);
    return point >= 0xd800 && point < 0xe000 || point < 0x20 || point >= 0x7f && point < 0xa0 ? 'x' : String.fromCodePoint(point);
  };
  for (let i = 0; i < roundTrips; i++) yield Array.from({ length: 1 + below(40) }, character).join('');
}

// live waits until the page's stream is open.
function live(page) {
  return page.getByTestId('state').filter({ hasText: /^\s*live\s*$/ }).waitFor();
}

async function shot(page, name) {
  if (!process.env.HOMEROOM_SHOTS) return;
  await page.screenshot({ path: join(process.env.HOMEROOM_SHOTS, `${name}.png`) });
}
