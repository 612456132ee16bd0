import { answer, namedObject, productRoutes } from 'plinth/product';
import { z } from 'zod';
import type { LicenseHead } from '../licenses/license.ts';
import { validityReply } from '../licenses/replies.ts';
import type { Licences } from '../service.ts';
import { activatedReply, machinesReply, shownMachine } from './replies.ts';

const route = productRoutes<Licences, LicenseHead>();

/** As it is typed, or pasted from a mail. */
const licenseKey = z
  .string()
  .min(1)
  .max(100)
  .describe('As it is on the key: case, hyphens and blanks don’t matter, nor I for 1, L for 1, O for 0.');
const hardwareId = z
  .string()
  .min(10)
  .max(255)
  .describe('What the machine is recognised by: at least 10 characters.');

/** `hardware_id`, also called `machine_id`. */
const hardware = { hardware_id: hardwareId.optional(), machine_id: hardwareId.optional() } as const;

interface NamedHardware {
  readonly hardware_id?: string | undefined;
  readonly machine_id?: string | undefined;
}

const isNoneOrOne = ({ hardware_id: one, machine_id: other }: NamedHardware) =>
  one === undefined || other === undefined;
const isOne = ({ hardware_id: one, machine_id: other }: NamedHardware) =>
  (one === undefined) !== (other === undefined);
const ONE = { error: 'name either hardware_id or machine_id' };

const hardwareOf = ({ hardware_id: one, machine_id: other }: NamedHardware) => one ?? other ?? '';

const byKey = {
  tag: 'Coditect licences',
  auth: 'product_key',
  rate: [
    { perMinute: 600, by: 'ip' },
    { perMinute: 600, by: 'key' },
  ],
} as const;

export const activate = route(
  'POST /v1/licenses/activate',
  {
    ...byKey,
    summary: 'Activate a licence on a machine',
    description:
      'Again, it answers the same and changes nothing. It takes no Idempotency-Key: the machine’s id is the key.',
    productKey: ({ body }) => body.license_key,
    body: namedObject('ActivateLicenseRequest', {
      license_key: licenseKey,
      ...hardware,
      name: z.string().trim().min(1).max(200).optional(),
      platform: z.string().trim().min(1).max(100).optional(),
    }).refine(isOne, ONE),
    reply: { 200: activatedReply },
    errors: [
      'license_key_malformed',
      'license_not_found',
      'license_suspended',
      'license_inactive',
      'machines_exhausted',
    ],
  },
  async ({ productKey, body, origin }, { machines, views }) => {
    const given = { hardwareId: hardwareOf(body), name: body.name, platform: body.platform };
    const { machine, isNew } = await machines.activate(productKey, given, origin);
    const license = await views.ofKey(productKey.accountId);
    return {
      license,
      max_seats: license.max_seats,
      machine: {
        id: machine.id,
        hardware_id: machine.hardwareId,
        activated_at: machine.activatedAt.toISOString(),
      },
      already_activated: !isNew,
    };
  },
);

export const deactivate = route(
  'POST /v1/licenses/deactivate',
  {
    ...byKey,
    summary: 'Deactivate a licence on a machine',
    description:
      'Its session ends; the seat is free when the lease that it was given ends. As often in a calendar month (UTC) as the licence has seats. A machine that is not activated is none to take off: 204. It takes no Idempotency-Key: a repeated call changes nothing.',
    productKey: ({ body }) => body.license_key,
    body: namedObject('DeactivateLicenseRequest', { license_key: licenseKey, ...hardware }).refine(
      isOne,
      ONE,
    ),
    reply: { 204: z.undefined() },
    errors: [
      'license_key_malformed',
      'license_not_found',
      'license_suspended',
      'license_inactive',
      'deactivations_exhausted',
    ],
  },
  async ({ productKey, body, origin }, { machines }) => {
    await machines.deactivate(productKey, hardwareOf(body), origin);
    return answer(204, undefined);
  },
);

export const listMachines = route(
  'GET /v1/licenses/:id/machines',
  {
    tag: 'Coditect licences',
    auth: 'account',
    onBehalf: true,
    may: 'viewer',
    scope: 'coditect:read',
    rate: { perMinute: 120, by: 'account' },
    summary: 'List the machines of a licence',
    reply: { 200: machinesReply },
  },
  async ({ accountId, params, role }, { machines, views }) => {
    const { id } = await views.read(accountId, params.id, role);
    return { data: (await machines.list({ accountId, id })).map(shownMachine) };
  },
);

export const validateLicense = route(
  'POST /v1/licenses/validate',
  {
    tag: 'Coditect licences',
    summary: 'Validate a licence key',
    description:
      'For anybody. A key that is not ours is answered in the same shape, and after the same work, as one that is; a typing error is 400 before anything is looked up. It takes no Idempotency-Key: a repeated call changes nothing.',
    auth: 'none',
    rate: { perMinute: 60, by: 'ip' },
    body: namedObject('ValidateLicenseRequest', {
      license_key: licenseKey,
      hardware_id: hardwareId
        .optional()
        .describe('Then it is good only where it is activated on this machine.'),
      machine_id: hardwareId.optional().describe('The same as `hardware_id`.'),
    }).refine(isNoneOrOne, { error: 'name hardware_id or machine_id, not both' }),
    reply: { 200: validityReply },
    errors: ['license_key_malformed'],
  },
  ({ body }, { validity }) =>
    validity({ licenseKey: body.license_key, hardwareId: body.hardware_id ?? body.machine_id }),
);
