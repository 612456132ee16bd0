/** The steps of a governed call, in their order. */
export const STEPS = ['authenticate', 'entitle', 'admit', 'run', 'settle'] as const;
export type StepName = (typeof STEPS)[number];
