import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { licenseReply } from '../licenses/replies.ts';
import type { Machine } from './machines.ts';

export const activatedReply = namedObject('LicenseActivation', {
  license: licenseReply,
  machine: namedObject('ActivatedMachine', {
    id: z.uuid(),
    hardware_id: z.string(),
    activated_at: z.iso.datetime(),
  }),
  max_seats: z.int().describe('As in `license`.'),
  already_activated: z.boolean(),
});

const machine = namedObject('LicenseMachine', {
  id: z.uuid(),
  hardware_id: z.string(),
  name: z.string().nullable(),
  platform: z.string().nullable(),
  activated_at: z.iso.datetime(),
  last_seen_at: z.iso.datetime(),
});

export const machinesReply = namedObject('LicenseMachineList', { data: z.array(machine) });

export function shownMachine(of: Machine): z.input<typeof machine> {
  return {
    id: of.id,
    hardware_id: of.hardwareId,
    name: of.name,
    platform: of.platform,
    activated_at: of.activatedAt.toISOString(),
    last_seen_at: of.lastSeenAt.toISOString(),
  };
}
