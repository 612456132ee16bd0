import { declareErrors } from '#platform/kernel';

declareErrors({
  domain_unfit: {
    status: 400,
    message: 'This domain cannot be verified: it is malformed, or it is a public email provider.',
  },
  domain_unproven: {
    status: 409,
    message: 'DNS does not show the TXT record of this domain. New records may take an hour to be seen.',
  },
  domain_taken: { status: 409, message: 'Another organization has proven this domain.' },
  too_many_domains: { status: 409, message: 'An organization can claim 20 domains.' },
  dns_unavailable: { status: 503, message: 'DNS does not answer. Try again shortly.' },
  sso_unconfigured: {
    status: 404,
    message: 'There is no single sign-on for this organization or email address.',
  },
  sso_unproven: {
    status: 409,
    message:
      'Single sign-on can be required once a domain is verified and somebody has signed in with the present settings.',
  },
  sso_refused: {
    status: 403,
    message: 'Your organization’s provider may not sign in this user.',
  },
  sso_not_a_member: {
    status: 403,
    message: 'You are not a member of this organization. Ask its admins to invite you.',
  },
});
