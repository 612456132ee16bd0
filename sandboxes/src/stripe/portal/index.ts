import { invalidRequest, type Operation, type Operations } from '../operation.ts';
import { Form } from '../world/form.ts';
import type { PortalConfiguration, PortalSession, World } from '../world/index.ts';
import { configurations } from './configurations.ts';

export { portalPage } from './page.ts';

type Flow = NonNullable<PortalSession['flow']>;

/** A link to the portal for a customer. */
const create: Operation = ({ world, params }) => {
  const form = new Form(params);
  const customer = world.table('customer').get(form.required('customer'), 'customer');
  const configuration = configurationOf(world, form.text('configuration'));
  const id = world.id('billing_portal.session');
  const session: PortalSession = {
    id,
    object: 'billing_portal.session',
    configuration: configuration.id,
    created: world.now(),
    customer: customer.id,
    customer_account: null,
    flow: flowOf(world, form.part('flow_data')),
    livemode: false,
    locale: form.text('locale') ?? null,
    on_behalf_of: null,
    return_url: form.text('return_url') ?? configuration.default_return_url,
    url: `${world.pages}/p/session/${id}`,
  };
  form.done();
  return world.table('billing_portal.session').add(session);
};

function configurationOf(world: World, id: string | undefined): PortalConfiguration {
  if (id !== undefined) return world.table('billing_portal.configuration').get(id, 'configuration');
  const found = world
    .table('billing_portal.configuration')
    .list()
    .find((one) => one.is_default);
  if (found !== undefined) return found;
  throw invalidRequest(
    'No configuration provided and your test mode default configuration has not been created. Provide a configuration or create your default by saving your customer portal settings in test mode at https://dashboard.stripe.com/test/settings/billing/portal.',
  );
}

/** A flow leads to one task and back; here it is the first on the page. */
function flowOf(world: World, form: Form | undefined): Flow | null {
  if (form === undefined) return null;
  form.required('type');
  const type = form.choice('type', ['payment_method_update', 'subscription_cancel', 'subscription_update']);
  const completion = form.part('after_completion');
  completion?.ignore('type');
  const back = completion?.part('redirect')?.text('return_url');
  const [cancel, update] = [form.part('subscription_cancel'), form.part('subscription_update')];
  const [toCancel, toUpdate] = [cancel?.required('subscription'), update?.required('subscription')];
  for (const subscription of [toCancel, toUpdate]) {
    if (subscription !== undefined) world.table('subscription').get(subscription, 'flow_data[subscription]');
  }
  return {
    after_completion: {
      hosted_confirmation: null,
      redirect: back === undefined ? null : { return_url: back },
      type: back === undefined ? 'portal_homepage' : 'redirect',
    },
    customer_update: null,
    subscription_cancel: toCancel === undefined ? null : { retention: null, subscription: toCancel },
    subscription_pause: null,
    subscription_update: toUpdate === undefined ? null : { subscription: toUpdate },
    subscription_update_confirm: null,
    type: type ?? 'payment_method_update',
  };
}

export const portalCalls: Operations = { ...configurations, 'POST /v1/billing_portal/sessions': create };
