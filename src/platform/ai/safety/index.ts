export { createFindings, type Findings, type SafetyFinding, type SafetyMetrics } from './findings.ts';
export { localeIn, oldHelplines, type Whereabouts } from './helplines.ts';
export type { Moderate, Moderated } from './moderation.ts';
export { precheck, type PrecheckHints, type SafetyResult, warmUp } from './precheck.ts';
export type { Language } from './rules.ts';
export { supportFor, type SupportRequest } from './support.ts';
