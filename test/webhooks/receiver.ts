import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { atEndOfFile } from '@plinth/testkit/closing';
import { expect } from 'vitest';

/** How an endpoint behaves, once. */
export type Behaviour =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** It takes the message and never answers. */
  | 'hang'
  /** It takes the message and breaks the connection. */
  | 'reset';

/** A message as an endpoint got it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly timestamp: string;
    readonly account_id: string | null;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** An operator's own system, which is told by webhooks, and behaves as it is told to. */
export interface Receiver {
  /** Address of the endpoint; another path of it is another endpoint. */
  readonly url: string;
  readonly received: ReceivedMessage[];
  /** What the next messages are answered; 204 when there is nothing here. */
  readonly answers: Behaviour[];
  /** What all others are answered. */
  otherwise: Behaviour;
  /** Resolves when so many messages have come in all. */
  until(count: number): Promise<void>;
  /** Breaks the connections that hang. */
  letGo(): void;
}

export async function openReceiver(): Promise<Receiver> {
  const hanging = new Set<ServerResponse>();
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { headers, url: path = '' } = request;
      receiver.received.push({
        id: String(headers['webhook-id']),
        path,
        headers,
        body,
        event: JSON.parse(body) as ReceivedMessage['event'],
      });
      behave(receiver.answers.shift() ?? receiver.otherwise, response, hanging);
      for (const look of waiting) look();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const receiver: Receiver = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook`,
    received: [],
    answers: [],
    otherwise: { status: 204 },
    until: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (receiver.received.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    letGo() {
      for (const response of hanging) response.destroy();
      hanging.clear();
    },
  };
  atEndOfFile(() => {
    receiver.letGo();
    server.close();
  });
  return receiver;
}

function behave(behaviour: Behaviour, response: ServerResponse, hanging: Set<ServerResponse>): void {
  if (behaviour === 'hang') {
    hanging.add(response);
  } else if (behaviour === 'reset') {
    response.destroy();
  } else {
    const { status, headers = {}, body = '' } = behaviour;
    response.writeHead(status, headers).end(status === 204 ? undefined : body);
  }
}

/** Whether the official package believes a message, with the headers that it came with. */
export function isBelieved({ headers, body }: ReceivedMessage, secret: string): boolean {
  try {
    const event = new Webhook(secret).verify(body, {
      'webhook-id': String(headers['webhook-id']),
      'webhook-timestamp': String(headers['webhook-timestamp']),
      'webhook-signature': String(headers['webhook-signature']),
    });
    expect(event).toEqual(JSON.parse(body));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'WebhookVerificationError') return false;
    if (error instanceof Error && /signature/i.test(error.message)) return false;
    throw error;
  }
}
