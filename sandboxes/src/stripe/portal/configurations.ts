import { type Entity, invalidRequest, type Operation, type Operations } from '../operation.ts';
import { mergeMetadata } from '../world/changes.ts';
import { Form } from '../world/form.ts';
import type { PortalConfiguration, World } from '../world/index.ts';

type Features = PortalConfiguration['features'];

/** What customers may do in the portal. */
const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const configuration: PortalConfiguration = {
    id: world.id('billing_portal.configuration'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: world.now(),
    default_return_url: null,
    features: NOTHING,
    is_default: world.table('billing_portal.configuration').list().length === 0,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: world.now(),
  };
  if (!form.has('features'))
    throw invalidRequest('Missing required param: features.', {
      code: 'parameter_missing',
      param: 'features',
    });
  apply(world, configuration, form);
  return world.table('billing_portal.configuration').add(configuration);
};

const update: Operation = ({ world, params, ids: [id = ''] }) => {
  const configuration = world.table('billing_portal.configuration').get(id);
  apply(world, configuration, new Form(params));
  return configuration;
};

const NOTHING: Features = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: { enabled: false, feedback_options: null, options: [] },
    enabled: false,
    mode: 'at_period_end',
    proration_behavior: 'none',
  },
  subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: null,
    default_allowed_updates: [],
    enabled: false,
    products: null,
    proration_behavior: 'none',
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: 'end_trial',
  },
};

function apply(world: World, configuration: PortalConfiguration, form: Form): void {
  const [active, url, name] = [
    form.flag('active'),
    form.optional('default_return_url'),
    form.optional('name'),
  ];
  const profile = form.part('business_profile');
  const metadata = form.hash('metadata');
  const features = form.part('features');
  form.part('login_page')?.ignore('enabled');
  const chosen =
    features === undefined ? configuration.features : featuresOf(configuration.features, features);
  const headline = profile?.optional('headline');
  const [privacy, terms] = [
    profile?.optional('privacy_policy_url'),
    profile?.optional('terms_of_service_url'),
  ];
  form.done();
  if (active !== undefined) configuration.active = active;
  if (url !== undefined) configuration.default_return_url = url;
  if (name !== undefined) configuration.name = name;
  const was = configuration.business_profile;
  configuration.business_profile = {
    headline: headline === undefined ? was.headline : headline,
    privacy_policy_url: privacy === undefined ? was.privacy_policy_url : privacy,
    terms_of_service_url: terms === undefined ? was.terms_of_service_url : terms,
  };
  configuration.metadata = mergeMetadata(configuration.metadata, metadata);
  configuration.features = chosen;
  configuration.updated = world.now();
}

function featuresOf(was: Features, form: Form): Features {
  const customer = form.part('customer_update');
  const cancel = form.part('subscription_cancel');
  const reason = cancel?.part('cancellation_reason');
  const method = form.part('payment_method_update');
  method?.ignore('payment_method_configuration');
  // Customers can't pause here by themselves.
  form.part('subscription_pause')?.ignore('enabled', 'duration');
  return {
    ...was,
    customer_update: {
      allowed_updates: customer?.texts('allowed_updates') ?? was.customer_update.allowed_updates,
      enabled: customer?.flag('enabled') ?? was.customer_update.enabled,
    },
    invoice_history: {
      enabled: form.part('invoice_history')?.flag('enabled') ?? was.invoice_history.enabled,
    },
    payment_method_update: {
      ...was.payment_method_update,
      enabled: method?.flag('enabled') ?? was.payment_method_update.enabled,
    },
    subscription_cancel: {
      cancellation_reason: {
        ...was.subscription_cancel.cancellation_reason,
        enabled: reason?.flag('enabled') ?? was.subscription_cancel.cancellation_reason.enabled,
        options: reason?.texts('options') ?? was.subscription_cancel.cancellation_reason.options,
      },
      enabled: cancel?.flag('enabled') ?? was.subscription_cancel.enabled,
      mode: cancel?.choice('mode', ['at_period_end', 'immediately']) ?? was.subscription_cancel.mode,
      proration_behavior:
        cancel?.choice('proration_behavior', ['always_invoice', 'create_prorations', 'none']) ??
        was.subscription_cancel.proration_behavior,
    },
    subscription_update: updatingOf(was.subscription_update, form.part('subscription_update')),
  };
}

function updatingOf(
  was: Features['subscription_update'],
  form: Form | undefined,
): Features['subscription_update'] {
  if (form === undefined) return was;
  form.part('schedule_at_period_end')?.ignore('conditions');
  form.ignore('trial_update_behavior', 'billing_cycle_anchor');
  const products = form.parts('products')?.map((part) => {
    part.ignore('adjustable_quantity');
    return {
      adjustable_quantity: { enabled: false, maximum: null, minimum: 1 },
      prices: part.texts('prices') ?? [],
      product: part.required('product'),
    };
  });
  return {
    ...was,
    default_allowed_updates: form.texts('default_allowed_updates') ?? was.default_allowed_updates,
    enabled: form.flag('enabled') ?? was.enabled,
    products: products ?? was.products ?? null,
    proration_behavior:
      form.choice('proration_behavior', ['always_invoice', 'create_prorations', 'none']) ??
      was.proration_behavior,
  };
}

function list(world: World, params: Parameters<Operation>[0]['params']): readonly Entity[] {
  const form = new Form(params);
  const [active, isDefault] = [form.flag('active'), form.flag('is_default')];
  return world
    .table('billing_portal.configuration')
    .list()
    .filter((one) => active === undefined || one.active === active)
    .filter((one) => isDefault === undefined || one.is_default === isDefault);
}

export const configurations: Operations = {
  'POST /v1/billing_portal/configurations': create,
  'GET /v1/billing_portal/configurations': ({ world, params }) => list(world, params),
  'GET /v1/billing_portal/configurations/:id': ({ world, ids: [id = ''] }) =>
    world.table('billing_portal.configuration').get(id),
  'POST /v1/billing_portal/configurations/:id': update,
};
