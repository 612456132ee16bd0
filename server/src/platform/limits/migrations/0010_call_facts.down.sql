drop type limits.call_facts;
