// The browser itself: when this fails, what the other files say means nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, missing } from './chromium.mjs';

test('Chromium starts and runs a page', { skip: missing }, async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto('about:blank');
  assert.equal(await page.evaluate(() => typeof EventSource), 'function');
});
