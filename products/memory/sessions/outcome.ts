const DID =
  'add|broke|built|changed|clos|creat|decid|delet|deploy|dropp|enabl|disabl|fix|found|increas|install|lower|measur|merg|migrat|mov|pinn|publish|rais|releas|remov|renam|replac|resolv|restor|revert|rewrote|roll|settl|shipp|solv|switch|updat|upgrad|verif|wrote';

/** Sentences that say how something came out: what was decided, done, found or left. */
const CAME_OUT = [
  String.raw`\b(?:I|we|you|that|it|this|which)(?:['’]ve| have| has|['’]s)?(?: (?:all|also|both|finally|just|now|then))* (?:${DID})(?:\w*ed)?\b`,
  String.raw`\b(?:is|are|was|were|been|got)(?: (?:all|also|both|finally|just|now))* (?:(?:${DID})\w*ed|done|fixed|gone|green|in place|live|merged|shipped)\b`,
  String.raw`\b(?:all|it|that|this|everything)(?: \w+)? (?:pass|passes|works|worked|did it|goes through)\b|\bnow (?:pass|passes|reads|returns|runs|takes|uses|works)\b|\bdown (?:from|to)\b`,
  String.raw`\b(?:root cause|turn(?:s|ed) out|(?:bug|cause|culprit|problem|reason) (?:is|was) )`,
  String.raw`\b(?:agreed|decided|decision|settled on|opted for|going with|go with|stick with)\b|\bwe(?:['’]ll| will) (?:drop|keep|not|ship|use)\b`,
  String.raw`\b(?:still (?:has|have|missing|needs?|open|to)|left (?:for|open|to)|remains?|next steps?|follow[- ]?up|not done)\b`,
].join('|');
const OUTCOME = new RegExp(CAME_OUT, 'i');
/** It says so in its first word. */
const NAMED =
  /^[-*#>_\s]*(?:(?:agreed|decided|deployed|done|fixed|implemented|merged|released|resolved|reverted|shipped|solved)\b|(?:conclusion|decision|in short|next steps?|not done|open|outcome|result|root cause|still open|summary|tl;dr|to ?do)\b[*_]*[:,–—-])/i;
/** Sentences that ask, suppose, plan the next minute, or are only polite. */
const OPEN =
  /\?["')\]]*$|\b(?:if|whether|unless|could|might|maybe|perhaps|would|should (?:I|we)|let me|let['’]?s (?:check|look|see|try)|I['’]ll|I will|I['’]m going to|can you|please|try|happy to|feel free|anything else|hope (?:this|that)|thanks?|welcome|good luck)\b/i;

/** How surely a sentence says how something came out: from 2, it says that it does, to -1, it is open or talk. */
export function outcomeIn(sentence: string): number {
  if (OPEN.test(sentence)) return -1;
  return NAMED.test(sentence) ? 2 : OUTCOME.test(sentence) ? 1 : 0;
}
