interface CallParts {
  readonly token?: string;
  readonly body?: unknown;
  readonly accept?: string;
}

/** Calls of one person at a server. */
export function callsAt(url: string) {
  return async (call: string, { token = '', body, accept = 'application/json' }: CallParts = {}) => {
    const [method = '', path = ''] = call.split(' ');
    const response = await fetch(url + path, {
      method,
      headers: {
        accept,
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
}
