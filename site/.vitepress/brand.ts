/** Stands where the server fills in the name that its readers know. */
export const BRAND = '%plinth-brand%';
