import type { ProductContext } from 'plinth/product';
import { createBackups } from './backups/service.ts';
import { createChat } from './chat/service.ts';
import { createMembers } from './members/service.ts';
import { createSteps } from './playbooks/steps.ts';
import { createRecords } from './records/service.ts';
import { createVectorMemory } from './vectors/service.ts';

/** The service of Adiuva's routes and jobs. */
export function createAdiuva(context: ProductContext) {
  const members = createMembers(context);
  return {
    plan: context.plan,
    chat: createChat(context),
    steps: createSteps(context),
    records: createRecords(context),
    backups: createBackups(context),
    vectors: createVectorMemory(context, members),
    members,
  };
}

export type Adiuva = ReturnType<typeof createAdiuva>;
