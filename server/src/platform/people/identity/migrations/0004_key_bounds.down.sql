alter table identity.api_keys drop column labels, drop column models, drop column bounds;
