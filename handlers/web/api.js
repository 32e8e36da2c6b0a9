// Calls to Homeroom's HTTP API, whose contract is /openapi.yaml.

const patience = 20_000; // milliseconds that an answer may take

// Problem is any answer that is not a success, and no answer at all. Its message is for people.
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status; // 0 where no answer came
  }

  // passing says that the same call may work later, as it is.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

// call makes a call and returns the body that answers it, with the cursor that a list is current to.
// Without a token the session cookie speaks for the user.
export async function call(path, { method = 'GET', token, body, signal } = {}) {
  const timeout = AbortSignal.timeout(patience);
  let response, text;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'Homeroom does not answer.');
  }
  const answer = parse(text);
  if (!response.ok) throw new Problem(response.status, reason(answer, response.status));
  return { body: answer, cursor: response.headers.get('Homeroom-Cursor') };
}

// reason is what a problem document (RFC 9457) says is wrong, as a sentence.
function reason(problem, status) {
  const said = problem?.detail || problem?.title || `Homeroom answers with status ${status}.`;
  return said[0].toUpperCase() + said.slice(1);
}

// parse reads JSON. Something between the server and us may answer with something else.
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
