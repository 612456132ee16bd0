/** How many calls may be under way at once at a provider, over all processes. */
export interface SlotSetting {
  readonly provider: string;
  /** `*`: all models of the provider together. */
  readonly model: string;
  /** undefined: both lanes together. */
  readonly lane: 'interactive' | 'batch' | undefined;
  readonly limit: number;
}

const ENTRY = /^([a-z][a-z0-9-]{0,40})\/(\S+?)(?::(interactive|batch))?\s*=\s*([1-9]\d{0,5})$/;

/** Reads AI_SLOTS: `minimax/*:batch=4, openai/gpt-4.1=20`. Answers what is wrong with it as text. */
export function readSlots(value: string): readonly SlotSetting[] | string {
  const slots: SlotSetting[] = [];
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  for (const [at, entry] of entries.entries()) {
    const [, provider, model, lane, limit] = ENTRY.exec(entry) ?? [];
    if (provider === undefined || model === undefined)
      return `is not a list of slots: entry ${at + 1} is not like openai/gpt-4.1=20 or minimax/*:batch=4`;
    const isTwice = slots.some(
      (one) => one.provider === provider && one.model === model && one.lane === lane,
    );
    if (isTwice) return `names the slots of entry ${at + 1} twice`;
    slots.push({ provider, model, lane: laneOf(lane), limit: Number(limit) });
  }
  return slots;
}

function laneOf(text: string | undefined): SlotSetting['lane'] {
  return text === 'interactive' || text === 'batch' ? text : undefined;
}
