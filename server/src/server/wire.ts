import { type BytePlace, type InnerAnswer, type InnerCall, originsAllowed, type Wire } from '#platform/http';
import { AppError } from '#platform/kernel';
import { currentTrace } from '#platform/telemetry';
import type { CallRequest, InFlightRequest } from './in-flight.ts';
import { bodyOf } from './input.ts';
import type { ServerParts } from './parts.ts';

/** Headers that an inner call has of the one that it is made for; proxies named in TRUSTED_PROXIES say the address by a header. */
const HANDED_ON = /^(authorization|x-account-id|x-customer-id|x-forwarded-for|traceparent|user-agent)$/;

/** Bytes of a body that a handler which does not keep them has in memory at most. */
const IN_MEMORY = 1_048_576;

/** The connection behind a call, as its handler has it. */
export function wireOf(inFlight: InFlightRequest, { settings }: Pick<ServerParts, 'settings'>): Wire {
  const { request, responder } = inFlight;
  const hold = (): BytePlace => {
    const { capacity, accountId, ip } = inFlight;
    if (capacity === undefined) throw new Error('this call has no room for bytes');
    const place = capacity.open({ account: accountId, address: ip });
    responder.onClose(place.free);
    return place;
  };
  return {
    request: request.raw,
    body: bodyOf(request).raw,
    accept: request.headers.accept ?? '*/*',
    bytes(keeps) {
      if (inFlight.arrivals === undefined) throw new Error('the body of this call was read already');
      return inFlight.arrivals.bytesOf(request.raw, hold(), keeps === 'all' ? Infinity : IN_MEMORY);
    },
    hold,
    socket: responder.socket,
    take() {
      inFlight.assertNotGivenUp();
      return responder.take();
    },
    call: (inner) => callWithin(request, inner),
    refuseForeignPages() {
      const { origin } = request.headers;
      if (origin !== undefined && !originsAllowed(settings.corsOrigins)(origin))
        throw new AppError('origin_not_allowed');
    },
  };
}

async function callWithin(request: CallRequest, { method, path, body }: InnerCall): Promise<InnerAnswer> {
  request.inFlight.assertNotGivenUp();
  const handedOn = Object.entries(request.headers).filter(([name]) => HANDED_ON.test(name));
  const trace = currentTrace();
  if (trace !== undefined) handedOn.push(['traceparent', trace.current.traceparent]);
  try {
    const answered = await request.server.inject({
      method,
      url: path,
      headers: { ...Object.fromEntries(handedOn), 'x-request-id': request.id },
      remoteAddress: request.raw.socket.remoteAddress ?? '',
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answered.statusCode, headers: answered.headers, body: answered.payload };
  } catch (cause) {
    // Fastify begins no call once it closes.
    throw new AppError('server_stopping', { retryAfter: 1, cause });
  }
}
