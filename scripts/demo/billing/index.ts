import { Stage, type StageOptions } from './stage.ts';
import { STORIES } from './stories.ts';

export { BILLING_SETTINGS, openVendors, type Vendors } from './stage.ts';

/** What customers and the operator see of billing, on clocks that the demo drives: the same text each time. */
export async function tellBilling(options: StageOptions): Promise<void> {
  const people = await Stage.open(
    options,
    STORIES.map(({ name }) => name),
  );
  for (const { name, title, tell } of STORIES) {
    const who = people.get(name);
    if (who === undefined) throw new Error(`nobody is called ${name}`);
    who.stage.begin(title);
    await tell(who, who.stage);
  }
}
