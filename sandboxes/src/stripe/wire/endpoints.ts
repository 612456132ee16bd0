import { randomBytes } from 'node:crypto';
import { type Entity, invalidRequest, type Operation, type Operations } from '../operation.ts';
import { Form } from '../world/form.ts';
import type { WebhookEndpoint, World, WorldEvent } from '../world/index.ts';

/** Its secret is told when it is made, and never again. That of connected accounts names the platform's application. */
const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  form.choice('api_version', [world.settings.apiVersion]);
  const endpoint: WebhookEndpoint = {
    id: world.id('webhook_endpoint'),
    object: 'webhook_endpoint',
    api_version: form.text('api_version') ?? null,
    application: form.flag('connect') === true ? 'ca_sandbox' : null,
    created: world.now(),
    description: form.text('description') ?? null,
    enabled_events: eventsOf(form.texts('enabled_events')),
    livemode: false,
    metadata: form.hash('metadata') ?? {},
    secret: `whsec_${randomBytes(24).toString('base64url')}`,
    status: 'enabled',
    url: urlOf(form.required('url')),
  };
  form.done();
  return world.table('webhook_endpoint').add(endpoint);
};

/** By name, or all by `*`; groups of them there are not. */
function eventsOf(types: readonly string[] | undefined): string[] {
  const wrong = types?.findIndex((type) => type !== '*' && type.includes('*')) ?? -1;
  if (wrong >= 0)
    throw invalidRequest(`Invalid enabled_events[${wrong}]`, { param: `enabled_events[${wrong}]` });
  if (types !== undefined && types.length > 0) return [...types];
  throw invalidRequest('Missing required param: enabled_events.', {
    code: 'parameter_missing',
    param: 'enabled_events',
  });
}

function urlOf(url: string): string {
  if (URL.canParse(url)) return url;
  throw invalidRequest('Invalid URL: An explicit scheme (such as https) must be provided.', {
    code: 'url_invalid',
    param: 'url',
  });
}

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const form = new Form(params);
  const [types, url, isDisabled] = [form.texts('enabled_events'), form.text('url'), form.flag('disabled')];
  const [description, metadata] = [form.optional('description'), form.hash('metadata')];
  form.done();
  const endpoint = world.table('webhook_endpoint').get(id);
  if (types !== undefined) endpoint.enabled_events = eventsOf(types);
  if (url !== undefined) endpoint.url = urlOf(url);
  if (isDisabled !== undefined) endpoint.status = isDisabled ? 'disabled' : 'enabled';
  if (description !== undefined) endpoint.description = description;
  Object.assign(endpoint.metadata, metadata);
  return toJson(endpoint);
};

const remove: Operation = ({ world, ids: [id = ''] }) => {
  world.table('webhook_endpoint').get(id);
  world.table('webhook_endpoint').remove(id);
  return { id, object: 'webhook_endpoint', deleted: true };
};

function toJson({ secret: _secret, ...endpoint }: WebhookEndpoint): Entity {
  return endpoint;
}

/** Endpoints that are told of an event: of connected accounts, those of their own kind. */
export function endpointsFor(world: World, { type, account }: WorldEvent): WebhookEndpoint[] {
  return world
    .table('webhook_endpoint')
    .oldestFirst()
    .filter(
      ({ status, application, enabled_events: types }) =>
        status === 'enabled' &&
        (application === null) === (account === undefined) &&
        (types.includes('*') || types.includes(type)),
    );
}

export const endpoints: Operations = {
  'POST /v1/webhook_endpoints': create,
  'GET /v1/webhook_endpoints': ({ world }) => world.table('webhook_endpoint').list().map(toJson),
  'GET /v1/webhook_endpoints/:id': ({ world, ids: [id = ''] }) =>
    toJson(world.table('webhook_endpoint').get(id)),
  'POST /v1/webhook_endpoints/:id': update,
  'DELETE /v1/webhook_endpoints/:id': remove,
};
