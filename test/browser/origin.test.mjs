// A page of another origin that follows a class with a browser's own EventSource and a stream token, against the real binary.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { launch, missing } from './chromium.mjs';
import { build, remove, Server, tempFolder } from './server.mjs';

describe('a page of another origin', { skip: missing }, () => {
  let browser, server, site, folder, page;
  let session, teacher, student;
  const preflights = [];

  before(async () => {
    folder = await tempFolder();
    site = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title>'));
    await new Promise((listening) => site.listen(0, '127.0.0.1', listening));
    const origin = `http://localhost:${site.address().port}`; // another host, so that no cookie of ours is sent
    server = await Server.fresh(await build(folder), { HOMEROOM_CORS_ORIGINS: origin, HOMEROOM_RETRY: '200ms' });
    session = await server.call('GET', '/dev/session');
    teacher = session.users.find((user) => user.role === 'teacher');
    student = session.users.find((user) => user.role === 'student');
    browser = await launch();
    page = await browser.newPage();
    page.on('request', (request) => request.method() === 'OPTIONS' && preflights.push(request.url()));
    await page.goto(origin);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    await new Promise((closed) => site?.close(closed) ?? closed());
    if (folder) await remove(folder);
  });

  it('follows a class with a stream token, and comes back by itself with nothing lost', async () => {
    const { token } = await mint();
    await follow(token);
    await post('heard elsewhere');
    await heard(['heard elsewhere']);
    const { addr } = server;
    await server.kill();
    await server.start(addr);
    await post('said while it was away, or just after');
    await heard(['heard elsewhere', 'said while it was away, or just after']);
    assert.ok(await page.evaluate(() => window.ready) >= 2, 'it had to come back');
    assert.deepEqual(preflights, [], 'an EventSource needs no preflight');
  });

  it('gets nothing else with it', async () => {
    const { token } = await mint();
    const status = (path, headers) => page.evaluate(async ([url, init]) => {
      const response = await fetch(url, init).catch((error) => ({ status: String(error) }));
      return response.status;
    }, [server.url + path, { headers }]);
    const path = `/v1/classes/${session.class.id}`;
    assert.equal(await status(`${path}/messages?stream_token=${token}`), 401);
    assert.equal(await status(`${path}/messages`, { Authorization: `Bearer ${token}` }), 401);
    assert.equal(await status(`/v1/stream?stream_token=${token}`), 401);
  });

  it('is told by a closed EventSource when the token is none', async () => {
    const state = await page.evaluate((url) => new Promise((settled) => {
      const source = new EventSource(url);
      source.onerror = () => settled(source.readyState);
    }), stream('x.y.z'));
    assert.equal(state, 2, 'closed, for good');
  });

  function mint() {
    return server.call('POST', '/v1/stream-tokens', { token: student.token, body: { class: session.class.id } });
  }

  function post(text) {
    return server.call('POST', `/v1/classes/${session.class.id}/messages`, { token: teacher.token, body: { text } });
  }

  function stream(token) {
    return `${server.url}/v1/classes/${session.class.id}/stream?stream_token=${encodeURIComponent(token)}`;
  }

  // follow opens an EventSource in the page and waits until it is ready.
  async function follow(token) {
    await page.evaluate((url) => {
      window.texts = [];
      window.ready = 0;
      const source = new EventSource(url);
      source.addEventListener('message.created', (event) => window.texts.push(JSON.parse(event.data).data.text));
      source.addEventListener('stream.ready', () => window.ready++);
    }, stream(token));
    await page.waitForFunction(() => window.ready > 0);
  }

  // heard waits until the page has heard just these texts, in this order.
  async function heard(texts) {
    await page.waitForFunction((want) => JSON.stringify(window.texts) === JSON.stringify(want), texts);
  }
});
