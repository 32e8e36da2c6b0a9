// Runs the real homeroom binary, in development mode, and speaks to it as a script would.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const patience = 30_000; // bounds every wait; it only matters when something is broken

// tempFolder makes a folder; whoever asks for it removes it.
export function tempFolder() {
  return mkdtemp(join(tmpdir(), 'homeroom-browser-'));
}

export function remove(folder) {
  return rm(folder, { recursive: true, force: true });
}

// build compiles the binary into folder and returns its path. HOMEROOM_TEST_BINARY
// names one that is built already.
export async function build(folder) {
  const given = process.env.HOMEROOM_TEST_BINARY;
  if (given) return resolve(root, given);
  const binary = join(folder, 'homeroom');
  await promisify(execFile)('go', ['build', '-o', binary, './cmd/homeroom'], { cwd: root });
  return binary;
}

// Server is one homeroom process at a time, on a data folder of its own. Started again
// it is the same school to its clients; on the same address they find it by themselves.
export class Server {
  #binary;
  #data;
  #process;
  #exited; // resolves when the process has ended
  #log = [];
  #settings; // environment variables

  constructor(binary, data, settings) {
    this.#binary = binary;
    this.#data = data;
    this.#settings = settings;
    this.addr = undefined; // host:port, once it listens
  }

  // fresh starts a server that nobody has used yet.
  static async fresh(binary, settings = {}) {
    const server = new Server(binary, await tempFolder(), settings);
    try {
      await server.start();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  get url() {
    return `http://${this.addr}`;
  }

  // start returns once the server accepts connections on addr.
  async start(addr = '127.0.0.1:0') {
    this.#process = spawn(this.#binary, [], {
      cwd: this.#data,
      env: { ...environment(), HOMEROOM_ADDR: addr, HOMEROOM_DATA: this.#data, HOMEROOM_LOG: 'json', ...this.#settings },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#exited = once(this.#process, 'exit');
    process.once('exit', this.#endWithUs);
    const listening = new Promise((found) => {
      createInterface({ input: this.#process.stderr }).on('line', (line) => {
        this.#log.push(line);
        const entry = parse(line);
        if (entry?.msg === 'listening') found(entry.addr);
      });
    });
    this.addr = await Promise.race([
      listening,
      this.#exited.then(([code]) => this.#broken(`ended with status ${code}`)),
      timeout().then(() => this.#broken('is not listening')),
    ]);
  }

  // kill ends the process with no chance to say goodbye, as a power cut would.
  async kill() {
    if (!this.#process) return;
    this.#process.kill('SIGKILL');
    await this.#exited.catch(() => {}); // it never ran
    process.off('exit', this.#endWithUs);
    this.#process = undefined;
  }

  // close ends the process and removes its data.
  async close() {
    await this.kill();
    await remove(this.#data);
  }

  // call makes a REST call and returns the object that answers it. An error status throws.
  async call(method, path, { token, body } = {}) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  #endWithUs = () => this.#process?.kill('SIGKILL');

  #broken(what) {
    throw new Error(`homeroom ${what}\n${this.#log.slice(-30).join('\n')}`);
  }
}

// environment is ours without the settings of a server that the caller may run.
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOMEROOM_')));
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a panic's lines are no JSON; they show up in the log of #broken
  }
}

function timeout() {
  return new Promise((over) => setTimeout(over, patience).unref());
}
