TABLE audit COLUMN municipality_id integer NOT NULL
TABLE audit COLUMN id uuid NOT NULL
TABLE audit COLUMN at timestamp with time zone NOT NULL
TABLE audit COLUMN user_id uuid
TABLE audit COLUMN act text NOT NULL
TABLE audit COLUMN subject text NOT NULL
TABLE audit COLUMN detail jsonb NOT NULL
TABLE audit CONSTRAINT audit_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE audit CONSTRAINT audit_pkey PRIMARY KEY (municipality_id, id)
TABLE audit CONSTRAINT audit_reading_has_purpose CHECK (((act <> 'read_isee'::text) OR ((COALESCE((detail ->> 'purpose'::text), ''::text) <> ''::text) AND (COALESCE(subject, ''::text) <> ''::text))))
CREATE INDEX audit_readings ON public.audit USING btree (municipality_id, subject, at DESC) WHERE (act = 'read_isee'::text)
CREATE INDEX audit_simulations ON public.audit USING btree (municipality_id, subject, at DESC) WHERE (act = 'simulate_measure'::text)
CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
TABLE awards COLUMN municipality_id integer NOT NULL
TABLE awards COLUMN demand_id uuid NOT NULL
TABLE awards COLUMN fund_id uuid NOT NULL
TABLE awards COLUMN round_id uuid NOT NULL
TABLE awards COLUMN household_id uuid NOT NULL
TABLE awards COLUMN amount_cents bigint NOT NULL
TABLE awards COLUMN awarded_at timestamp with time zone NOT NULL
TABLE awards COLUMN measure_id text NOT NULL
TABLE awards COLUMN paid_cents bigint NOT NULL DEFAULT 0
TABLE awards CONSTRAINT awards_amount_cents_check CHECK ((amount_cents > 0))
TABLE awards CONSTRAINT awards_demand FOREIGN KEY (municipality_id, demand_id) REFERENCES demands(municipality_id, id)
TABLE awards CONSTRAINT awards_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds(municipality_id, id)
TABLE awards CONSTRAINT awards_measure FOREIGN KEY (municipality_id, fund_id, measure_id) REFERENCES fund_measures(municipality_id, fund_id, measure_id)
TABLE awards CONSTRAINT awards_paid CHECK (((paid_cents >= 0) AND (paid_cents <= amount_cents)))
TABLE awards CONSTRAINT awards_pkey PRIMARY KEY (municipality_id, demand_id, fund_id, measure_id)
TABLE awards CONSTRAINT awards_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
CREATE INDEX awards_by_fund ON public.awards USING btree (municipality_id, fund_id)
TABLE bank_entries COLUMN municipality_id integer NOT NULL
TABLE bank_entries COLUMN id uuid NOT NULL
TABLE bank_entries COLUMN statement_id uuid NOT NULL
TABLE bank_entries COLUMN account text NOT NULL
TABLE bank_entries COLUMN entry_key text NOT NULL
TABLE bank_entries COLUMN amount_cents bigint NOT NULL
TABLE bank_entries COLUMN reversal boolean NOT NULL
TABLE bank_entries COLUMN fee boolean NOT NULL
TABLE bank_entries COLUMN booked_on date NOT NULL
TABLE bank_entries COLUMN value_on date
TABLE bank_entries COLUMN bank_reference text NOT NULL
TABLE bank_entries COLUMN end_to_end text NOT NULL
TABLE bank_entries COLUMN creditor_references text[] NOT NULL
TABLE bank_entries COLUMN remittance text NOT NULL
TABLE bank_entries COLUMN name text NOT NULL
TABLE bank_entries COLUMN iban_masked text NOT NULL
TABLE bank_entries COLUMN state text NOT NULL
TABLE bank_entries COLUMN reverses_id uuid
TABLE bank_entries COLUMN note text NOT NULL DEFAULT ''::text
TABLE bank_entries COLUMN decided_by uuid
TABLE bank_entries COLUMN decided_at timestamp with time zone
TABLE bank_entries CONSTRAINT bank_entries_amount_cents_check CHECK (((amount_cents <> 0) AND (abs(amount_cents) <= '100000000000'::bigint)))
TABLE bank_entries CONSTRAINT bank_entries_decided CHECK (((state = 'booked'::text) = (decided_at IS NULL)))
TABLE bank_entries CONSTRAINT bank_entries_iban_masked_check CHECK ((length(iban_masked) <= 14))
TABLE bank_entries CONSTRAINT bank_entries_once UNIQUE (municipality_id, account, entry_key)
TABLE bank_entries CONSTRAINT bank_entries_pkey PRIMARY KEY (municipality_id, id)
TABLE bank_entries CONSTRAINT bank_entries_reversed_once UNIQUE (municipality_id, reverses_id)
TABLE bank_entries CONSTRAINT bank_entries_reverses FOREIGN KEY (municipality_id, reverses_id) REFERENCES bank_entries(municipality_id, id)
TABLE bank_entries CONSTRAINT bank_entries_state_check CHECK ((state = ANY (ARRAY['booked'::text, 'matched'::text, 'returned'::text, 'set_aside'::text])))
TABLE bank_entries CONSTRAINT bank_entries_statement FOREIGN KEY (municipality_id, statement_id) REFERENCES bank_statements(municipality_id, id)
TABLE bank_entries CONSTRAINT bank_entries_user FOREIGN KEY (municipality_id, decided_by) REFERENCES users(municipality_id, id)
CREATE INDEX bank_entries_booked ON public.bank_entries USING btree (municipality_id, booked_on) WHERE (state = 'booked'::text)
CREATE INDEX bank_entries_by_amount ON public.bank_entries USING btree (municipality_id, amount_cents)
CREATE INDEX bank_entries_by_statement ON public.bank_entries USING btree (municipality_id, statement_id)
TABLE bank_statements COLUMN municipality_id integer NOT NULL
TABLE bank_statements COLUMN id uuid NOT NULL
TABLE bank_statements COLUMN account text NOT NULL
TABLE bank_statements COLUMN statement text NOT NULL
TABLE bank_statements COLUMN number text NOT NULL
TABLE bank_statements COLUMN made_at timestamp with time zone NOT NULL
TABLE bank_statements COLUMN opening_on date NOT NULL
TABLE bank_statements COLUMN opening_cents bigint NOT NULL
TABLE bank_statements COLUMN closing_on date NOT NULL
TABLE bank_statements COLUMN closing_cents bigint NOT NULL
TABLE bank_statements COLUMN entries integer NOT NULL
TABLE bank_statements COLUMN file_name text NOT NULL
TABLE bank_statements COLUMN imported_by uuid NOT NULL
TABLE bank_statements COLUMN imported_at timestamp with time zone NOT NULL
TABLE bank_statements CONSTRAINT bank_statements_account_check CHECK ((account <> ''::text))
TABLE bank_statements CONSTRAINT bank_statements_entries_check CHECK ((entries >= 0))
TABLE bank_statements CONSTRAINT bank_statements_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE bank_statements CONSTRAINT bank_statements_once UNIQUE (municipality_id, account, statement, closing_on)
TABLE bank_statements CONSTRAINT bank_statements_pkey PRIMARY KEY (municipality_id, id)
TABLE bank_statements CONSTRAINT bank_statements_statement_check CHECK ((statement <> ''::text))
TABLE bank_statements CONSTRAINT bank_statements_user FOREIGN KEY (municipality_id, imported_by) REFERENCES users(municipality_id, id)
TABLE categories COLUMN municipality_id integer NOT NULL
TABLE categories COLUMN id text NOT NULL
TABLE categories COLUMN parent_id text
TABLE categories COLUMN name text NOT NULL
TABLE categories COLUMN unit text NOT NULL
TABLE categories COLUMN position integer NOT NULL
TABLE categories CONSTRAINT categories_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE categories CONSTRAINT categories_parent FOREIGN KEY (municipality_id, parent_id) REFERENCES categories(municipality_id, id)
TABLE categories CONSTRAINT categories_pkey PRIMARY KEY (municipality_id, id)
TABLE category_calls COLUMN municipality_id integer NOT NULL
TABLE category_calls COLUMN category_id text NOT NULL
TABLE category_calls COLUMN call_id uuid NOT NULL
TABLE category_calls CONSTRAINT category_calls_call FOREIGN KEY (municipality_id, call_id) REFERENCES voucher_calls(municipality_id, id)
TABLE category_calls CONSTRAINT category_calls_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories(municipality_id, id)
TABLE category_calls CONSTRAINT category_calls_pkey PRIMARY KEY (municipality_id, category_id, call_id)
TABLE charges COLUMN municipality_id integer NOT NULL
TABLE charges COLUMN id uuid NOT NULL
TABLE charges COLUMN number text NOT NULL
TABLE charges COLUMN round_id uuid NOT NULL
TABLE charges COLUMN pool_id uuid NOT NULL
TABLE charges COLUMN demand_id uuid NOT NULL
TABLE charges COLUMN household_id uuid NOT NULL
TABLE charges COLUMN provider_id uuid NOT NULL
TABLE charges COLUMN description text NOT NULL
TABLE charges COLUMN share_cents bigint NOT NULL
TABLE charges COLUMN subsidy_cents bigint NOT NULL
TABLE charges COLUMN net_cents bigint NOT NULL
TABLE charges COLUMN state text NOT NULL
TABLE charges COLUMN reference text NOT NULL
TABLE charges COLUMN issued_at timestamp with time zone NOT NULL
TABLE charges COLUMN due_at timestamp with time zone NOT NULL
TABLE charges COLUMN paid_at timestamp with time zone
TABLE charges COLUMN voucher_cents bigint NOT NULL DEFAULT 0
TABLE charges COLUMN later_cents bigint NOT NULL DEFAULT 0
TABLE charges CONSTRAINT charges_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE charges CONSTRAINT charges_later CHECK (((later_cents >= 0) AND (later_cents <= subsidy_cents)))
TABLE charges CONSTRAINT charges_member FOREIGN KEY (municipality_id, pool_id, demand_id) REFERENCES pool_members(municipality_id, pool_id, demand_id)
TABLE charges CONSTRAINT charges_net CHECK (((share_cents - subsidy_cents) = net_cents))
TABLE charges CONSTRAINT charges_net_cents_check CHECK ((net_cents >= 0))
TABLE charges CONSTRAINT charges_number UNIQUE (municipality_id, number)
TABLE charges CONSTRAINT charges_one_per_demand UNIQUE (municipality_id, demand_id)
TABLE charges CONSTRAINT charges_pkey PRIMARY KEY (municipality_id, id)
TABLE charges CONSTRAINT charges_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers(municipality_id, id)
TABLE charges CONSTRAINT charges_reference UNIQUE (municipality_id, reference)
TABLE charges CONSTRAINT charges_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE charges CONSTRAINT charges_share_cents_check CHECK ((share_cents >= 0))
TABLE charges CONSTRAINT charges_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'void'::text, 'written_off'::text])))
TABLE charges CONSTRAINT charges_subsidy_cents_check CHECK ((subsidy_cents >= 0))
TABLE charges CONSTRAINT charges_voucher CHECK (((voucher_cents >= 0) AND (voucher_cents <= net_cents)))
CREATE INDEX charges_by_household ON public.charges USING btree (municipality_id, household_id)
CREATE INDEX charges_by_pool ON public.charges USING btree (municipality_id, pool_id)
CREATE INDEX charges_by_round ON public.charges USING btree (municipality_id, round_id)
CREATE INDEX charges_open ON public.charges USING btree (municipality_id, issued_at) WHERE (state = 'open'::text)
TABLE communities COLUMN municipality_id integer NOT NULL
TABLE communities COLUMN id uuid NOT NULL
TABLE communities COLUMN kind text NOT NULL
TABLE communities COLUMN name text NOT NULL
TABLE communities COLUMN address text NOT NULL
TABLE communities COLUMN district_id integer NOT NULL
TABLE communities COLUMN quarter_id integer NOT NULL
TABLE communities COLUMN x_m bigint NOT NULL
TABLE communities COLUMN y_m bigint NOT NULL
TABLE communities COLUMN parent_id uuid
TABLE communities COLUMN code text NOT NULL
TABLE communities COLUMN created_at timestamp with time zone NOT NULL
TABLE communities CONSTRAINT communities_code UNIQUE (municipality_id, code)
TABLE communities CONSTRAINT communities_kind_check CHECK ((kind = ANY (ARRAY['condominium'::text, 'school'::text, 'neighbourhood'::text])))
TABLE communities CONSTRAINT communities_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE communities CONSTRAINT communities_name UNIQUE (municipality_id, name, address)
TABLE communities CONSTRAINT communities_name_check CHECK ((name <> ''::text))
TABLE communities CONSTRAINT communities_parent FOREIGN KEY (municipality_id, parent_id) REFERENCES communities(municipality_id, id)
TABLE communities CONSTRAINT communities_pkey PRIMARY KEY (municipality_id, id)
TABLE communities CONSTRAINT communities_x_m_check CHECK ((abs(x_m) <= 100000000))
TABLE communities CONSTRAINT communities_y_m_check CHECK ((abs(y_m) <= 100000000))
TABLE counters COLUMN municipality_id integer NOT NULL
TABLE counters COLUMN name text NOT NULL
TABLE counters COLUMN year integer NOT NULL
TABLE counters COLUMN last bigint NOT NULL
TABLE counters CONSTRAINT counters_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE counters CONSTRAINT counters_pkey PRIMARY KEY (municipality_id, name, year)
TABLE data_keys COLUMN municipality_id integer NOT NULL
TABLE data_keys COLUMN version integer NOT NULL
TABLE data_keys COLUMN state text NOT NULL
TABLE data_keys COLUMN master_id text
TABLE data_keys COLUMN wrapped bytea
TABLE data_keys COLUMN created_at timestamp with time zone NOT NULL
TABLE data_keys COLUMN retired_at timestamp with time zone
TABLE data_keys CONSTRAINT data_keys_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE data_keys CONSTRAINT data_keys_pkey PRIMARY KEY (municipality_id, version)
TABLE data_keys CONSTRAINT data_keys_retired CHECK ((((state = 'retired'::text) = (retired_at IS NOT NULL)) AND ((state = 'retired'::text) = (wrapped IS NULL)) AND ((state = 'retired'::text) = (master_id IS NULL))))
TABLE data_keys CONSTRAINT data_keys_state_check CHECK ((state = ANY (ARRAY['active'::text, 'leaving'::text, 'retired'::text])))
TABLE data_keys CONSTRAINT data_keys_version_check CHECK ((version >= 1))
CREATE UNIQUE INDEX data_keys_one_active ON public.data_keys USING btree (municipality_id) WHERE (state = 'active'::text)
CREATE UNIQUE INDEX data_keys_one_leaving ON public.data_keys USING btree (municipality_id) WHERE (state = 'leaving'::text)
TABLE demands COLUMN municipality_id integer NOT NULL
TABLE demands COLUMN id uuid NOT NULL
TABLE demands COLUMN round_id uuid
TABLE demands COLUMN household_id uuid NOT NULL
TABLE demands COLUMN community_id uuid NOT NULL
TABLE demands COLUMN category_id text NOT NULL
TABLE demands COLUMN state text NOT NULL
TABLE demands COLUMN units integer NOT NULL
TABLE demands COLUMN weight integer NOT NULL
TABLE demands COLUMN slots text[] NOT NULL
TABLE demands COLUMN max_price_cents bigint
TABLE demands COLUMN max_distance_m integer NOT NULL
TABLE demands COLUMN method text NOT NULL
TABLE demands COLUMN posted_at timestamp with time zone NOT NULL
TABLE demands COLUMN changed_at timestamp with time zone NOT NULL
TABLE demands CONSTRAINT demands_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories(municipality_id, id)
TABLE demands CONSTRAINT demands_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities(municipality_id, id)
TABLE demands CONSTRAINT demands_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE demands CONSTRAINT demands_max_distance_m_check CHECK (((max_distance_m >= 0) AND (max_distance_m <= 1000000)))
TABLE demands CONSTRAINT demands_max_price_cents_check CHECK (((max_price_cents >= 1) AND (max_price_cents <= 1000000000)))
TABLE demands CONSTRAINT demands_pkey PRIMARY KEY (municipality_id, id)
TABLE demands CONSTRAINT demands_pledge_is_whole CHECK (((state = 'declared'::text) OR ((round_id IS NOT NULL) AND (max_price_cents IS NOT NULL) AND (cardinality(slots) > 0))))
TABLE demands CONSTRAINT demands_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE demands CONSTRAINT demands_state_check CHECK ((state = ANY (ARRAY['declared'::text, 'pledged'::text, 'withdrawn'::text])))
TABLE demands CONSTRAINT demands_units_check CHECK (((units >= 1) AND (units <= 1000)))
TABLE demands CONSTRAINT demands_weight_check CHECK (((weight >= 1) AND (weight <= 1000000)))
CREATE INDEX demands_by_household ON public.demands USING btree (municipality_id, household_id)
CREATE INDEX demands_by_round ON public.demands USING btree (municipality_id, round_id) WHERE (state = 'pledged'::text)
CREATE UNIQUE INDEX demands_declared_once ON public.demands USING btree (municipality_id, household_id, community_id, category_id) WHERE (state = 'declared'::text)
CREATE UNIQUE INDEX demands_pledged_once ON public.demands USING btree (municipality_id, round_id, household_id, community_id, category_id) WHERE (state = 'pledged'::text)
TABLE fund_applications COLUMN municipality_id integer NOT NULL
TABLE fund_applications COLUMN id uuid NOT NULL
TABLE fund_applications COLUMN fund_id uuid NOT NULL
TABLE fund_applications COLUMN measure_id text NOT NULL
TABLE fund_applications COLUMN household_id uuid NOT NULL
TABLE fund_applications COLUMN charge_id uuid NOT NULL
TABLE fund_applications COLUMN call_id uuid
TABLE fund_applications COLUMN asked_cents bigint NOT NULL
TABLE fund_applications COLUMN granted_cents bigint NOT NULL DEFAULT 0
TABLE fund_applications COLUMN decided_cents bigint
TABLE fund_applications COLUMN state text NOT NULL
TABLE fund_applications COLUMN reason text NOT NULL DEFAULT ''::text
TABLE fund_applications COLUMN place bigint
TABLE fund_applications COLUMN key_version integer NOT NULL
TABLE fund_applications COLUMN sealed bytea NOT NULL
TABLE fund_applications COLUMN applied_by uuid NOT NULL
TABLE fund_applications COLUMN applied_at timestamp with time zone NOT NULL
TABLE fund_applications COLUMN changed_at timestamp with time zone NOT NULL
TABLE fund_applications CONSTRAINT fund_applications_asked_cents_check CHECK ((asked_cents > 0))
TABLE fund_applications CONSTRAINT fund_applications_call FOREIGN KEY (municipality_id, call_id) REFERENCES fund_calls(municipality_id, id)
TABLE fund_applications CONSTRAINT fund_applications_charge FOREIGN KEY (municipality_id, charge_id) REFERENCES charges(municipality_id, id)
TABLE fund_applications CONSTRAINT fund_applications_fund FOREIGN KEY (municipality_id, fund_id, measure_id) REFERENCES fund_measures(municipality_id, fund_id, measure_id)
TABLE fund_applications CONSTRAINT fund_applications_granted CHECK ((((granted_cents >= 0) AND (granted_cents <= asked_cents)) AND ((decided_cents >= 0) AND (decided_cents <= asked_cents))))
TABLE fund_applications CONSTRAINT fund_applications_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE fund_applications CONSTRAINT fund_applications_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys(municipality_id, version)
TABLE fund_applications CONSTRAINT fund_applications_pkey PRIMARY KEY (municipality_id, id)
TABLE fund_applications CONSTRAINT fund_applications_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'granted'::text, 'partly'::text, 'refused'::text, 'withdrawn'::text])))
CREATE INDEX fund_applications_by_fund ON public.fund_applications USING btree (municipality_id, fund_id, applied_at, id)
CREATE INDEX fund_applications_by_household ON public.fund_applications USING btree (municipality_id, household_id)
CREATE INDEX fund_applications_by_key ON public.fund_applications USING btree (municipality_id, key_version, id)
CREATE UNIQUE INDEX fund_applications_once ON public.fund_applications USING btree (municipality_id, charge_id, measure_id) WHERE (state = ANY (ARRAY['waiting'::text, 'granted'::text, 'partly'::text]))
CREATE UNIQUE INDEX fund_applications_place ON public.fund_applications USING btree (municipality_id, fund_id, place) WHERE (state = ANY (ARRAY['waiting'::text, 'partly'::text]))
TABLE fund_calls COLUMN municipality_id integer NOT NULL
TABLE fund_calls COLUMN id uuid NOT NULL
TABLE fund_calls COLUMN fund_id uuid NOT NULL
TABLE fund_calls COLUMN closes_on date NOT NULL
TABLE fund_calls COLUMN opened_by uuid NOT NULL
TABLE fund_calls COLUMN opened_at timestamp with time zone NOT NULL
TABLE fund_calls COLUMN decided_by uuid
TABLE fund_calls COLUMN decided_at timestamp with time zone
TABLE fund_calls COLUMN budget_cents bigint
TABLE fund_calls CONSTRAINT fund_calls_budget_cents_check CHECK ((budget_cents >= 0))
TABLE fund_calls CONSTRAINT fund_calls_decided CHECK ((((decided_at IS NULL) = (budget_cents IS NULL)) AND ((decided_at IS NULL) = (decided_by IS NULL))))
TABLE fund_calls CONSTRAINT fund_calls_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds(municipality_id, id)
TABLE fund_calls CONSTRAINT fund_calls_pkey PRIMARY KEY (municipality_id, id)
CREATE UNIQUE INDEX fund_calls_one_open ON public.fund_calls USING btree (municipality_id, fund_id) WHERE (decided_at IS NULL)
TABLE fund_holds COLUMN municipality_id integer NOT NULL
TABLE fund_holds COLUMN id uuid NOT NULL
TABLE fund_holds COLUMN fund_id uuid NOT NULL
TABLE fund_holds COLUMN measure_id text NOT NULL
TABLE fund_holds COLUMN round_id uuid
TABLE fund_holds COLUMN application_id uuid
TABLE fund_holds COLUMN household_id uuid
TABLE fund_holds COLUMN amount_cents bigint NOT NULL
TABLE fund_holds COLUMN committed_cents bigint NOT NULL DEFAULT 0
TABLE fund_holds COLUMN state text NOT NULL
TABLE fund_holds COLUMN made_at timestamp with time zone NOT NULL
TABLE fund_holds COLUMN expires_at timestamp with time zone NOT NULL
TABLE fund_holds COLUMN resolved_at timestamp with time zone
TABLE fund_holds CONSTRAINT fund_holds_amount_cents_check CHECK ((amount_cents >= 0))
TABLE fund_holds CONSTRAINT fund_holds_application FOREIGN KEY (municipality_id, application_id) REFERENCES fund_applications(municipality_id, id)
TABLE fund_holds CONSTRAINT fund_holds_committed CHECK ((((committed_cents >= 0) AND (committed_cents <= amount_cents)) AND ((state = 'committed'::text) = (committed_cents > 0))))
TABLE fund_holds CONSTRAINT fund_holds_for CHECK ((((round_id IS NULL) <> (application_id IS NULL)) AND ((application_id IS NULL) = (household_id IS NULL))))
TABLE fund_holds CONSTRAINT fund_holds_fund FOREIGN KEY (municipality_id, fund_id, measure_id) REFERENCES fund_measures(municipality_id, fund_id, measure_id)
TABLE fund_holds CONSTRAINT fund_holds_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE fund_holds CONSTRAINT fund_holds_pkey PRIMARY KEY (municipality_id, id)
TABLE fund_holds CONSTRAINT fund_holds_resolved CHECK (((state = 'reserved'::text) = (resolved_at IS NULL)))
TABLE fund_holds CONSTRAINT fund_holds_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE fund_holds CONSTRAINT fund_holds_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'committed'::text, 'released'::text, 'expired'::text])))
CREATE INDEX fund_holds_by_application ON public.fund_holds USING btree (municipality_id, application_id) WHERE (application_id IS NOT NULL)
CREATE INDEX fund_holds_by_round ON public.fund_holds USING btree (municipality_id, round_id) WHERE (round_id IS NOT NULL)
CREATE INDEX fund_holds_open ON public.fund_holds USING btree (municipality_id, expires_at) WHERE (state = 'reserved'::text)
CREATE UNIQUE INDEX fund_holds_one_a_round ON public.fund_holds USING btree (municipality_id, round_id, measure_id) WHERE ((state = 'reserved'::text) AND (round_id IS NOT NULL))
CREATE UNIQUE INDEX fund_holds_one_an_application ON public.fund_holds USING btree (municipality_id, application_id) WHERE ((state = 'reserved'::text) AND (application_id IS NOT NULL))
TABLE fund_measures COLUMN municipality_id integer NOT NULL
TABLE fund_measures COLUMN fund_id uuid NOT NULL
TABLE fund_measures COLUMN measure_id text NOT NULL
TABLE fund_measures COLUMN valid_from date NOT NULL
TABLE fund_measures COLUMN valid_to date NOT NULL
TABLE fund_measures CONSTRAINT fund_measures_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds(municipality_id, id)
TABLE fund_measures CONSTRAINT fund_measures_measure FOREIGN KEY (municipality_id, measure_id) REFERENCES measures(municipality_id, id)
TABLE fund_measures CONSTRAINT fund_measures_pkey PRIMARY KEY (municipality_id, fund_id, measure_id)
CREATE INDEX fund_measures_by_measure ON public.fund_measures USING btree (municipality_id, measure_id, valid_from)
CREATE TRIGGER fund_measures_apart BEFORE INSERT OR UPDATE ON public.fund_measures FOR EACH ROW EXECUTE FUNCTION fund_measures_apart()
TABLE fund_movements COLUMN municipality_id integer NOT NULL
TABLE fund_movements COLUMN fund_id uuid NOT NULL
TABLE fund_movements COLUMN number bigint NOT NULL
TABLE fund_movements COLUMN kind text NOT NULL
TABLE fund_movements COLUMN amount_cents bigint NOT NULL
TABLE fund_movements COLUMN hold_id uuid
TABLE fund_movements COLUMN household_id uuid
TABLE fund_movements COLUMN allocated_cents bigint NOT NULL
TABLE fund_movements COLUMN reserved_cents bigint NOT NULL
TABLE fund_movements COLUMN committed_cents bigint NOT NULL
TABLE fund_movements COLUMN paid_cents bigint NOT NULL
TABLE fund_movements COLUMN transaction_id uuid NOT NULL
TABLE fund_movements COLUMN moved_by uuid
TABLE fund_movements COLUMN moved_at timestamp with time zone NOT NULL
TABLE fund_movements CONSTRAINT fund_movements_check CHECK (((amount_cents > 0) OR ((kind = 'allocate'::text) AND (amount_cents < 0))))
TABLE fund_movements CONSTRAINT fund_movements_committed_cents_check CHECK ((committed_cents >= 0))
TABLE fund_movements CONSTRAINT fund_movements_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds(municipality_id, id)
TABLE fund_movements CONSTRAINT fund_movements_hold FOREIGN KEY (municipality_id, hold_id) REFERENCES fund_holds(municipality_id, id)
TABLE fund_movements CONSTRAINT fund_movements_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE fund_movements CONSTRAINT fund_movements_kind_check CHECK ((kind = ANY (ARRAY['allocate'::text, 'reserve'::text, 'commit'::text, 'pay'::text, 'release'::text, 'expire'::text, 'return'::text])))
TABLE fund_movements CONSTRAINT fund_movements_never_over CHECK ((((reserved_cents + committed_cents) + paid_cents) <= allocated_cents))
TABLE fund_movements CONSTRAINT fund_movements_number_check CHECK ((number > 0))
TABLE fund_movements CONSTRAINT fund_movements_paid_cents_check CHECK ((paid_cents >= 0))
TABLE fund_movements CONSTRAINT fund_movements_pkey PRIMARY KEY (municipality_id, fund_id, number)
TABLE fund_movements CONSTRAINT fund_movements_reserved_cents_check CHECK ((reserved_cents >= 0))
TABLE fund_movements CONSTRAINT fund_movements_transaction FOREIGN KEY (municipality_id, transaction_id) REFERENCES ledger_transactions(municipality_id, id)
CREATE INDEX fund_movements_by_hold ON public.fund_movements USING btree (municipality_id, hold_id) WHERE (hold_id IS NOT NULL)
CREATE TRIGGER fund_movements_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.fund_movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
TABLE funds COLUMN municipality_id integer NOT NULL
TABLE funds COLUMN id uuid NOT NULL
TABLE funds COLUMN allocated_cents bigint NOT NULL
TABLE funds COLUMN reserved_cents bigint NOT NULL DEFAULT 0
TABLE funds COLUMN committed_cents bigint NOT NULL DEFAULT 0
TABLE funds COLUMN name text NOT NULL
TABLE funds COLUMN valid_from date NOT NULL
TABLE funds COLUMN valid_to date NOT NULL
TABLE funds COLUMN policy jsonb NOT NULL
TABLE funds COLUMN paid_cents bigint NOT NULL DEFAULT 0
TABLE funds COLUMN movements bigint NOT NULL DEFAULT 0
TABLE funds COLUMN ended_at timestamp with time zone
TABLE funds CONSTRAINT funds_allocated_cents_check CHECK ((allocated_cents >= 0))
TABLE funds CONSTRAINT funds_committed_cents_check CHECK ((committed_cents >= 0))
TABLE funds CONSTRAINT funds_municipality FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE funds CONSTRAINT funds_name CHECK ((name <> ''::text))
TABLE funds CONSTRAINT funds_never_overspent CHECK ((((reserved_cents + committed_cents) + paid_cents) <= allocated_cents))
TABLE funds CONSTRAINT funds_paid_cents_check CHECK ((paid_cents >= 0))
TABLE funds CONSTRAINT funds_period CHECK ((valid_from <= valid_to))
TABLE funds CONSTRAINT funds_pkey PRIMARY KEY (municipality_id, id)
TABLE funds CONSTRAINT funds_reserved_cents_check CHECK ((reserved_cents >= 0))
TABLE grants COLUMN municipality_id integer NOT NULL
TABLE grants COLUMN id uuid NOT NULL
TABLE grants COLUMN user_id uuid NOT NULL
TABLE grants COLUMN role text NOT NULL
TABLE grants COLUMN community_id uuid
TABLE grants COLUMN provider_id uuid
TABLE grants COLUMN valid_from timestamp with time zone NOT NULL
TABLE grants COLUMN valid_to timestamp with time zone
TABLE grants CONSTRAINT grants_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities(municipality_id, id)
TABLE grants CONSTRAINT grants_period CHECK (((valid_to IS NULL) OR (valid_to > valid_from)))
TABLE grants CONSTRAINT grants_pkey PRIMARY KEY (municipality_id, id)
TABLE grants CONSTRAINT grants_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers(municipality_id, id)
TABLE grants CONSTRAINT grants_role_check CHECK ((role = ANY (ARRAY['delegate'::text, 'provider'::text, 'officer'::text, 'operator'::text])))
TABLE grants CONSTRAINT grants_user FOREIGN KEY (municipality_id, user_id) REFERENCES users(municipality_id, id)
CREATE INDEX grants_by_community ON public.grants USING btree (municipality_id, community_id) WHERE (community_id IS NOT NULL)
CREATE INDEX grants_by_user ON public.grants USING btree (municipality_id, user_id)
TABLE households COLUMN municipality_id integer NOT NULL
TABLE households COLUMN id uuid NOT NULL
TABLE households COLUMN name text NOT NULL
TABLE households COLUMN odd_cents integer NOT NULL DEFAULT 0
TABLE households COLUMN created_at timestamp with time zone NOT NULL
TABLE households CONSTRAINT households_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE households CONSTRAINT households_name_check CHECK ((name <> ''::text))
TABLE households CONSTRAINT households_odd_cents_check CHECK ((odd_cents >= 0))
TABLE households CONSTRAINT households_pkey PRIMARY KEY (municipality_id, id)
TABLE imports COLUMN municipality_id integer NOT NULL
TABLE imports COLUMN id uuid NOT NULL
TABLE imports COLUMN community_id uuid NOT NULL
TABLE imports COLUMN file_name text NOT NULL
TABLE imports COLUMN sha256 text NOT NULL
TABLE imports COLUMN actor_id uuid
TABLE imports COLUMN created_rows integer NOT NULL
TABLE imports COLUMN updated_rows integer NOT NULL
TABLE imports COLUMN imported_at timestamp with time zone NOT NULL
TABLE imports CONSTRAINT imports_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities(municipality_id, id)
TABLE imports CONSTRAINT imports_pkey PRIMARY KEY (municipality_id, id)
TABLE isee_certificates COLUMN municipality_id integer NOT NULL
TABLE isee_certificates COLUMN id uuid NOT NULL
TABLE isee_certificates COLUMN household_id uuid NOT NULL
TABLE isee_certificates COLUMN kind text NOT NULL
TABLE isee_certificates COLUMN supersedes text[] NOT NULL
TABLE isee_certificates COLUMN calculation text NOT NULL
TABLE isee_certificates COLUMN dsu_on date NOT NULL
TABLE isee_certificates COLUMN valid_from date NOT NULL
TABLE isee_certificates COLUMN valid_to date NOT NULL
TABLE isee_certificates COLUMN source text NOT NULL
TABLE isee_certificates COLUMN state text NOT NULL
TABLE isee_certificates COLUMN request text NOT NULL
TABLE isee_certificates COLUMN key_version integer NOT NULL
TABLE isee_certificates COLUMN sealed bytea NOT NULL
TABLE isee_certificates COLUMN protocol_mac bytea NOT NULL
TABLE isee_certificates COLUMN recorded_by uuid
TABLE isee_certificates COLUMN recorded_at timestamp with time zone NOT NULL
TABLE isee_certificates COLUMN decided_by uuid
TABLE isee_certificates COLUMN decided_at timestamp with time zone
TABLE isee_certificates CONSTRAINT isee_base CHECK (((kind = 'corrente'::text) = (cardinality(supersedes) > 0)))
TABLE isee_certificates CONSTRAINT isee_certificates_calculation_check CHECK ((calculation = ANY (ARRAY['ordinario'::text, 'prestazioni'::text])))
TABLE isee_certificates CONSTRAINT isee_certificates_kind_check CHECK ((kind = ANY (ARRAY['ordinario'::text, 'minorenni'::text, 'sociosanitario'::text, 'sociosanitario-residenze'::text, 'universita'::text, 'corrente'::text])))
TABLE isee_certificates CONSTRAINT isee_certificates_pkey PRIMARY KEY (municipality_id, id)
TABLE isee_certificates CONSTRAINT isee_certificates_source_check CHECK ((source = ANY (ARRAY['family'::text, 'officer'::text, 'csv'::text, 'inps'::text])))
TABLE isee_certificates CONSTRAINT isee_certificates_state_check CHECK ((state = ANY (ARRAY['declared'::text, 'verified'::text, 'refused'::text])))
TABLE isee_certificates CONSTRAINT isee_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE isee_certificates CONSTRAINT isee_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys(municipality_id, version)
TABLE isee_certificates CONSTRAINT isee_period CHECK ((valid_to >= valid_from))
CREATE INDEX isee_by_household ON public.isee_certificates USING btree (municipality_id, household_id)
CREATE INDEX isee_by_key ON public.isee_certificates USING btree (municipality_id, key_version, id)
CREATE INDEX isee_to_verify ON public.isee_certificates USING btree (municipality_id, recorded_at, id) WHERE (state = 'declared'::text)
CREATE UNIQUE INDEX isee_protocol ON public.isee_certificates USING btree (municipality_id, protocol_mac) WHERE (state <> 'refused'::text)
TABLE ledger_accounts COLUMN municipality_id integer NOT NULL
TABLE ledger_accounts COLUMN id uuid NOT NULL
TABLE ledger_accounts COLUMN kind text NOT NULL
TABLE ledger_accounts COLUMN subject text NOT NULL
TABLE ledger_accounts COLUMN currency text NOT NULL DEFAULT 'EUR'::text
TABLE ledger_accounts COLUMN side smallint NOT NULL DEFAULT 0
TABLE ledger_accounts COLUMN balance_cents bigint NOT NULL DEFAULT 0
TABLE ledger_accounts CONSTRAINT ledger_accounts_currency CHECK ((currency = 'EUR'::text))
TABLE ledger_accounts CONSTRAINT ledger_accounts_floor CHECK (((side * balance_cents) >= 0))
TABLE ledger_accounts CONSTRAINT ledger_accounts_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE ledger_accounts CONSTRAINT ledger_accounts_once UNIQUE (municipality_id, kind, subject)
TABLE ledger_accounts CONSTRAINT ledger_accounts_pkey PRIMARY KEY (municipality_id, id)
TABLE ledger_accounts CONSTRAINT ledger_accounts_side CHECK ((side = ANY (ARRAY['-1'::integer, 0, 1])))
CREATE TRIGGER ledger_accounts_stay BEFORE DELETE OR UPDATE OF municipality_id, id, kind, subject, currency, side OR TRUNCATE ON public.ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
TABLE ledger_chain COLUMN municipality_id integer NOT NULL
TABLE ledger_chain COLUMN number bigint NOT NULL
TABLE ledger_chain COLUMN transaction_id uuid NOT NULL
TABLE ledger_chain COLUMN hash bytea NOT NULL
TABLE ledger_chain CONSTRAINT ledger_chain_hash_check CHECK ((octet_length(hash) = 32))
TABLE ledger_chain CONSTRAINT ledger_chain_number_check CHECK ((number > 0))
TABLE ledger_chain CONSTRAINT ledger_chain_once UNIQUE (municipality_id, transaction_id)
TABLE ledger_chain CONSTRAINT ledger_chain_pkey PRIMARY KEY (municipality_id, number)
TABLE ledger_chain CONSTRAINT ledger_chain_transaction FOREIGN KEY (municipality_id, transaction_id) REFERENCES ledger_transactions(municipality_id, id)
CREATE TRIGGER ledger_chain_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_chain FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
TABLE ledger_postings COLUMN municipality_id integer NOT NULL
TABLE ledger_postings COLUMN transaction_id uuid NOT NULL
TABLE ledger_postings COLUMN line integer NOT NULL
TABLE ledger_postings COLUMN account_id uuid NOT NULL
TABLE ledger_postings COLUMN amount_cents bigint NOT NULL
TABLE ledger_postings CONSTRAINT ledger_postings_account FOREIGN KEY (municipality_id, account_id) REFERENCES ledger_accounts(municipality_id, id)
TABLE ledger_postings CONSTRAINT ledger_postings_amount_cents_check CHECK (((amount_cents <> 0) AND (abs(amount_cents) <= '100000000000'::bigint)))
TABLE ledger_postings CONSTRAINT ledger_postings_pkey PRIMARY KEY (municipality_id, transaction_id, line)
TABLE ledger_postings CONSTRAINT ledger_postings_transaction FOREIGN KEY (municipality_id, transaction_id) REFERENCES ledger_transactions(municipality_id, id)
CREATE INDEX ledger_postings_by_account ON public.ledger_postings USING btree (municipality_id, account_id)
CREATE TRIGGER ledger_postings_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_postings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
CREATE TRIGGER ledger_postings_before_chaining AFTER INSERT ON public.ledger_postings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_chained_stays()
TABLE ledger_transactions COLUMN municipality_id integer NOT NULL
TABLE ledger_transactions COLUMN id uuid NOT NULL
TABLE ledger_transactions COLUMN kind text NOT NULL
TABLE ledger_transactions COLUMN source_id text NOT NULL
TABLE ledger_transactions COLUMN reverses_id uuid
TABLE ledger_transactions COLUMN description text NOT NULL
TABLE ledger_transactions COLUMN at timestamp with time zone NOT NULL
TABLE ledger_transactions CONSTRAINT ledger_reversed_once UNIQUE (municipality_id, reverses_id)
TABLE ledger_transactions CONSTRAINT ledger_reverses FOREIGN KEY (municipality_id, reverses_id) REFERENCES ledger_transactions(municipality_id, id)
TABLE ledger_transactions CONSTRAINT ledger_source_once UNIQUE (municipality_id, kind, source_id)
TABLE ledger_transactions CONSTRAINT ledger_transactions_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE ledger_transactions CONSTRAINT ledger_transactions_pkey PRIMARY KEY (municipality_id, id)
CREATE INDEX ledger_transactions_by_time ON public.ledger_transactions USING btree (municipality_id, at)
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON public.ledger_transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sums_to_zero()
CREATE TRIGGER ledger_transactions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
TABLE login_links COLUMN municipality_id integer NOT NULL
TABLE login_links COLUMN token_sha256 bytea NOT NULL
TABLE login_links COLUMN user_id uuid NOT NULL
TABLE login_links COLUMN next_path text NOT NULL
TABLE login_links COLUMN expires_at timestamp with time zone NOT NULL
TABLE login_links COLUMN used_at timestamp with time zone
TABLE login_links CONSTRAINT login_links_pkey PRIMARY KEY (municipality_id, token_sha256)
TABLE login_links CONSTRAINT login_links_user FOREIGN KEY (municipality_id, user_id) REFERENCES users(municipality_id, id)
TABLE measure_versions COLUMN municipality_id integer NOT NULL
TABLE measure_versions COLUMN measure_id text NOT NULL
TABLE measure_versions COLUMN version integer NOT NULL
TABLE measure_versions COLUMN name text NOT NULL
TABLE measure_versions COLUMN yaml text NOT NULL
TABLE measure_versions COLUMN note text NOT NULL
TABLE measure_versions COLUMN written_by uuid NOT NULL
TABLE measure_versions COLUMN written_at timestamp with time zone NOT NULL
TABLE measure_versions COLUMN published_by uuid
TABLE measure_versions COLUMN published_at timestamp with time zone
TABLE measure_versions CONSTRAINT measure_versions_pkey PRIMARY KEY (municipality_id, measure_id, version)
TABLE measure_versions CONSTRAINT measure_versions_published CHECK (((published_by IS NULL) = (published_at IS NULL)))
TABLE measure_versions CONSTRAINT measure_versions_publisher FOREIGN KEY (municipality_id, published_by) REFERENCES users(municipality_id, id)
TABLE measure_versions CONSTRAINT measure_versions_two_hands CHECK ((published_by <> written_by))
TABLE measure_versions CONSTRAINT measure_versions_version_check CHECK ((version >= 1))
TABLE measure_versions CONSTRAINT measure_versions_writer FOREIGN KEY (municipality_id, written_by) REFERENCES users(municipality_id, id)
CREATE TRIGGER measure_versions_keep BEFORE DELETE OR UPDATE ON public.measure_versions FOR EACH ROW EXECUTE FUNCTION measure_versions_keep()
TABLE measures COLUMN municipality_id integer NOT NULL
TABLE measures COLUMN id text NOT NULL
TABLE measures COLUMN name text NOT NULL
TABLE measures COLUMN yaml text NOT NULL
TABLE measures COLUMN published_at timestamp with time zone NOT NULL
TABLE measures CONSTRAINT measures_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE measures CONSTRAINT measures_pkey PRIMARY KEY (municipality_id, id)
TABLE memberships COLUMN municipality_id integer NOT NULL
TABLE memberships COLUMN community_id uuid NOT NULL
TABLE memberships COLUMN household_id uuid NOT NULL
TABLE memberships COLUMN unit_key text NOT NULL
TABLE memberships COLUMN unit_label text NOT NULL
TABLE memberships COLUMN staircase text NOT NULL
TABLE memberships COLUMN floor text NOT NULL
TABLE memberships COLUMN millesimi numeric(8,4)
TABLE memberships COLUMN residents integer NOT NULL
TABLE memberships COLUMN joined_at timestamp with time zone NOT NULL
TABLE memberships CONSTRAINT memberships_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities(municipality_id, id)
TABLE memberships CONSTRAINT memberships_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE memberships CONSTRAINT memberships_millesimi_check CHECK (((millesimi > (0)::numeric) AND (millesimi <= (1000)::numeric)))
TABLE memberships CONSTRAINT memberships_pkey PRIMARY KEY (municipality_id, community_id, household_id, unit_key)
TABLE memberships CONSTRAINT memberships_residents_check CHECK ((residents >= 0))
TABLE memberships CONSTRAINT memberships_unit_once UNIQUE (municipality_id, community_id, unit_key)
CREATE INDEX memberships_by_household ON public.memberships USING btree (municipality_id, household_id)
TABLE messages COLUMN municipality_id integer NOT NULL
TABLE messages COLUMN id uuid NOT NULL
TABLE messages COLUMN recipient text NOT NULL
TABLE messages COLUMN subject text NOT NULL
TABLE messages COLUMN body text NOT NULL
TABLE messages COLUMN created_at timestamp with time zone NOT NULL
TABLE messages COLUMN sent_at timestamp with time zone
TABLE messages CONSTRAINT messages_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE messages CONSTRAINT messages_pkey PRIMARY KEY (municipality_id, id)
CREATE INDEX messages_latest ON public.messages USING btree (municipality_id, created_at DESC)
TABLE municipalities COLUMN id integer NOT NULL
TABLE municipalities COLUMN name text NOT NULL
TABLE municipalities CONSTRAINT municipalities_pkey PRIMARY KEY (id)
TABLE offer_calls COLUMN municipality_id integer NOT NULL
TABLE offer_calls COLUMN offer_id uuid NOT NULL
TABLE offer_calls COLUMN call_id uuid NOT NULL
TABLE offer_calls CONSTRAINT offer_calls_call FOREIGN KEY (municipality_id, call_id) REFERENCES voucher_calls(municipality_id, id)
TABLE offer_calls CONSTRAINT offer_calls_offer FOREIGN KEY (municipality_id, offer_id) REFERENCES offers(municipality_id, id)
TABLE offer_calls CONSTRAINT offer_calls_pkey PRIMARY KEY (municipality_id, offer_id, call_id)
TABLE offers COLUMN municipality_id integer NOT NULL
TABLE offers COLUMN id uuid NOT NULL
TABLE offers COLUMN provider_id uuid NOT NULL
TABLE offers COLUMN category_id text NOT NULL
TABLE offers COLUMN title text NOT NULL
TABLE offers COLUMN description text NOT NULL
TABLE offers COLUMN period text NOT NULL
TABLE offers COLUMN meetings integer NOT NULL
TABLE offers COLUMN terms jsonb NOT NULL
TABLE offers COLUMN published_at timestamp with time zone NOT NULL
TABLE offers COLUMN withdrawn_at timestamp with time zone
TABLE offers CONSTRAINT offers_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories(municipality_id, id)
TABLE offers CONSTRAINT offers_pkey PRIMARY KEY (municipality_id, id)
TABLE offers CONSTRAINT offers_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers(municipality_id, id)
TABLE offers CONSTRAINT offers_qualified FOREIGN KEY (municipality_id, provider_id, category_id) REFERENCES qualifications(municipality_id, provider_id, category_id)
TABLE outcomes COLUMN municipality_id integer NOT NULL
TABLE outcomes COLUMN round_id uuid NOT NULL
TABLE outcomes COLUMN demand_id uuid NOT NULL
TABLE outcomes COLUMN code text NOT NULL
TABLE outcomes COLUMN outcome bytea NOT NULL
TABLE outcomes COLUMN pass integer NOT NULL
TABLE outcomes COLUMN key_version integer
TABLE outcomes CONSTRAINT outcomes_demand FOREIGN KEY (municipality_id, demand_id) REFERENCES demands(municipality_id, id)
TABLE outcomes CONSTRAINT outcomes_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys(municipality_id, version)
TABLE outcomes CONSTRAINT outcomes_pass FOREIGN KEY (municipality_id, round_id, pass) REFERENCES round_passes(municipality_id, round_id, pass)
TABLE outcomes CONSTRAINT outcomes_pkey PRIMARY KEY (municipality_id, round_id, demand_id)
TABLE outcomes CONSTRAINT outcomes_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE outcomes CONSTRAINT outcomes_sealed CHECK ((key_version IS NOT NULL))
CREATE INDEX outcomes_by_key ON public.outcomes USING btree (municipality_id, key_version, round_id, demand_id)
TABLE payments COLUMN municipality_id integer NOT NULL
TABLE payments COLUMN id uuid NOT NULL
TABLE payments COLUMN charge_id uuid NOT NULL
TABLE payments COLUMN household_id uuid NOT NULL
TABLE payments COLUMN method text NOT NULL
TABLE payments COLUMN amount_cents bigint NOT NULL
TABLE payments COLUMN state text NOT NULL
TABLE payments COLUMN session_id text
TABLE payments COLUMN checkout_url text NOT NULL
TABLE payments COLUMN intent_id text NOT NULL
TABLE payments COLUMN note text NOT NULL
TABLE payments COLUMN recorded_by uuid
TABLE payments COLUMN created_at timestamp with time zone NOT NULL
TABLE payments COLUMN received_at timestamp with time zone
TABLE payments COLUMN receipt_number text
TABLE payments COLUMN voucher_cents bigint NOT NULL DEFAULT 0
TABLE payments COLUMN subsidy_cents bigint NOT NULL DEFAULT 0
TABLE payments COLUMN entry_id uuid
TABLE payments COLUMN space_id text
TABLE payments COLUMN till_number text
TABLE payments CONSTRAINT payments_amount_cents_check CHECK ((amount_cents > 0))
TABLE payments CONSTRAINT payments_at_space CHECK ((((method = ANY (ARRAY['cash'::text, 'pos'::text])) = (space_id IS NOT NULL)) AND ((space_id IS NULL) = (till_number IS NULL))))
TABLE payments CONSTRAINT payments_charge FOREIGN KEY (municipality_id, charge_id) REFERENCES charges(municipality_id, id)
TABLE payments CONSTRAINT payments_entry FOREIGN KEY (municipality_id, entry_id) REFERENCES bank_entries(municipality_id, id)
TABLE payments CONSTRAINT payments_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE payments CONSTRAINT payments_method_check CHECK ((method = ANY (ARRAY['card'::text, 'transfer'::text, 'credit'::text, 'cash'::text, 'pos'::text])))
TABLE payments CONSTRAINT payments_pkey PRIMARY KEY (municipality_id, id)
TABLE payments CONSTRAINT payments_receipt UNIQUE (municipality_id, receipt_number)
TABLE payments CONSTRAINT payments_received CHECK (((state = ANY (ARRAY['succeeded'::text, 'reversed'::text])) = (received_at IS NOT NULL)))
TABLE payments CONSTRAINT payments_session UNIQUE (municipality_id, session_id)
TABLE payments CONSTRAINT payments_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'unknown'::text, 'failed'::text, 'succeeded'::text, 'reversed'::text])))
TABLE payments CONSTRAINT payments_subsidy_cents_check CHECK ((subsidy_cents >= 0))
TABLE payments CONSTRAINT payments_till UNIQUE (municipality_id, space_id, till_number)
TABLE payments CONSTRAINT payments_voucher_cents_check CHECK ((voucher_cents >= 0))
CREATE INDEX payments_by_charge ON public.payments USING btree (municipality_id, charge_id)
CREATE INDEX payments_by_credit ON public.payments USING btree (municipality_id, household_id) WHERE (method = 'credit'::text)
CREATE INDEX payments_by_entry ON public.payments USING btree (municipality_id, entry_id) WHERE (entry_id IS NOT NULL)
CREATE UNIQUE INDEX payments_one_card_at_a_time ON public.payments USING btree (municipality_id, charge_id) WHERE (state = ANY (ARRAY['pending'::text, 'unknown'::text]))
TABLE persons COLUMN municipality_id integer NOT NULL
TABLE persons COLUMN id uuid NOT NULL
TABLE persons COLUMN household_id uuid NOT NULL
TABLE persons COLUMN given_name text NOT NULL
TABLE persons COLUMN family_name text NOT NULL
TABLE persons COLUMN tax_code text NOT NULL
TABLE persons COLUMN email text NOT NULL
TABLE persons COLUMN phone text NOT NULL
TABLE persons COLUMN role text NOT NULL
TABLE persons CONSTRAINT persons_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE persons CONSTRAINT persons_pkey PRIMARY KEY (municipality_id, id)
TABLE persons CONSTRAINT persons_role_check CHECK ((role = ANY (ARRAY['holder'::text, 'adult'::text, 'child'::text, 'cared'::text])))
CREATE INDEX persons_by_household ON public.persons USING btree (municipality_id, household_id)
TABLE pool_members COLUMN municipality_id integer NOT NULL
TABLE pool_members COLUMN pool_id uuid NOT NULL
TABLE pool_members COLUMN demand_id uuid NOT NULL
TABLE pool_members COLUMN household_id uuid NOT NULL
TABLE pool_members COLUMN units integer NOT NULL
TABLE pool_members COLUMN slots text[] NOT NULL
TABLE pool_members COLUMN share_cents bigint NOT NULL
TABLE pool_members COLUMN subsidy_cents bigint NOT NULL
TABLE pool_members COLUMN measure_id text
TABLE pool_members COLUMN odd_cent boolean NOT NULL
TABLE pool_members CONSTRAINT pool_members_check CHECK (((subsidy_cents >= 0) AND (subsidy_cents <= share_cents)))
TABLE pool_members CONSTRAINT pool_members_demand FOREIGN KEY (municipality_id, demand_id) REFERENCES demands(municipality_id, id)
TABLE pool_members CONSTRAINT pool_members_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE pool_members CONSTRAINT pool_members_one_pool UNIQUE (municipality_id, demand_id)
TABLE pool_members CONSTRAINT pool_members_pkey PRIMARY KEY (municipality_id, pool_id, demand_id)
TABLE pool_members CONSTRAINT pool_members_pool FOREIGN KEY (municipality_id, pool_id) REFERENCES pools(municipality_id, id)
TABLE pool_members CONSTRAINT pool_members_share_cents_check CHECK ((share_cents >= 0))
TABLE pools COLUMN municipality_id integer NOT NULL
TABLE pools COLUMN id uuid NOT NULL
TABLE pools COLUMN round_id uuid NOT NULL
TABLE pools COLUMN name text NOT NULL
TABLE pools COLUMN offer_id uuid NOT NULL
TABLE pools COLUMN provider_id uuid NOT NULL
TABLE pools COLUMN slot text NOT NULL
TABLE pools COLUMN host_id uuid NOT NULL
TABLE pools COLUMN size integer NOT NULL
TABLE pools COLUMN cost_cents bigint NOT NULL
TABLE pools COLUMN pass integer NOT NULL
TABLE pools CONSTRAINT pools_cost_cents_check CHECK ((cost_cents >= 0))
TABLE pools CONSTRAINT pools_host FOREIGN KEY (municipality_id, host_id) REFERENCES communities(municipality_id, id)
TABLE pools CONSTRAINT pools_name UNIQUE (municipality_id, round_id, pass, name)
TABLE pools CONSTRAINT pools_offer FOREIGN KEY (municipality_id, offer_id) REFERENCES offers(municipality_id, id)
TABLE pools CONSTRAINT pools_pass FOREIGN KEY (municipality_id, round_id, pass) REFERENCES round_passes(municipality_id, round_id, pass)
TABLE pools CONSTRAINT pools_pkey PRIMARY KEY (municipality_id, id)
TABLE pools CONSTRAINT pools_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE pools CONSTRAINT pools_size_check CHECK ((size > 0))
CREATE INDEX pools_by_provider ON public.pools USING btree (municipality_id, provider_id)
TABLE providers COLUMN municipality_id integer NOT NULL
TABLE providers COLUMN id uuid NOT NULL
TABLE providers COLUMN name text NOT NULL
TABLE providers COLUMN tax_code text NOT NULL
TABLE providers COLUMN vat_number text NOT NULL
TABLE providers COLUMN iban text NOT NULL
TABLE providers COLUMN email text NOT NULL
TABLE providers COLUMN address text NOT NULL
TABLE providers COLUMN stamp_exempt boolean NOT NULL
TABLE providers COLUMN staff jsonb NOT NULL
TABLE providers COLUMN created_at timestamp with time zone NOT NULL
TABLE providers CONSTRAINT providers_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE providers CONSTRAINT providers_name_check CHECK ((name <> ''::text))
TABLE providers CONSTRAINT providers_pkey PRIMARY KEY (municipality_id, id)
TABLE providers CONSTRAINT providers_tax_code UNIQUE (municipality_id, tax_code)
TABLE qualifications COLUMN municipality_id integer NOT NULL
TABLE qualifications COLUMN provider_id uuid NOT NULL
TABLE qualifications COLUMN category_id text NOT NULL
TABLE qualifications COLUMN decided_on date NOT NULL
TABLE qualifications CONSTRAINT qualifications_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories(municipality_id, id)
TABLE qualifications CONSTRAINT qualifications_pkey PRIMARY KEY (municipality_id, provider_id, category_id)
TABLE qualifications CONSTRAINT qualifications_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers(municipality_id, id)
TABLE round_offers COLUMN municipality_id integer NOT NULL
TABLE round_offers COLUMN round_id uuid NOT NULL
TABLE round_offers COLUMN offer_id uuid NOT NULL
TABLE round_offers COLUMN terms jsonb NOT NULL
TABLE round_offers CONSTRAINT round_offers_offer FOREIGN KEY (municipality_id, offer_id) REFERENCES offers(municipality_id, id)
TABLE round_offers CONSTRAINT round_offers_pkey PRIMARY KEY (municipality_id, round_id, offer_id)
TABLE round_offers CONSTRAINT round_offers_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE round_passes COLUMN municipality_id integer NOT NULL
TABLE round_passes COLUMN round_id uuid NOT NULL
TABLE round_passes COLUMN pass integer NOT NULL
TABLE round_passes COLUMN snapshot bytea
TABLE round_passes COLUMN snapshot_sha256 text NOT NULL
TABLE round_passes COLUMN formation bytea NOT NULL
TABLE round_passes COLUMN engine integer NOT NULL
TABLE round_passes COLUMN effort text NOT NULL
TABLE round_passes COLUMN time_limit_seconds integer NOT NULL
TABLE round_passes COLUMN seed bigint NOT NULL
TABLE round_passes COLUMN sweeps bigint NOT NULL
TABLE round_passes COLUMN multipliers bigint NOT NULL
TABLE round_passes COLUMN cooling bigint NOT NULL
TABLE round_passes COLUMN waves bigint NOT NULL
TABLE round_passes COLUMN nodes bigint NOT NULL
TABLE round_passes COLUMN demands integer NOT NULL
TABLE round_passes COLUMN viable integer NOT NULL
TABLE round_passes COLUMN served integer NOT NULL
TABLE round_passes COLUMN bound_served integer
TABLE round_passes COLUMN bound_method text
TABLE round_passes COLUMN started_at timestamp with time zone NOT NULL
TABLE round_passes COLUMN formed_at timestamp with time zone NOT NULL
TABLE round_passes COLUMN key_version integer
TABLE round_passes CONSTRAINT round_passes_bound CHECK (((bound_served IS NULL) = (bound_method IS NULL)))
TABLE round_passes CONSTRAINT round_passes_check CHECK ((viable >= served))
TABLE round_passes CONSTRAINT round_passes_check1 CHECK ((bound_served >= served))
TABLE round_passes CONSTRAINT round_passes_cooling_check CHECK ((cooling >= 0))
TABLE round_passes CONSTRAINT round_passes_demands_check CHECK ((demands >= 0))
TABLE round_passes CONSTRAINT round_passes_effort_check CHECK ((effort = ANY (ARRAY['fast'::text, 'normal'::text, 'high'::text])))
TABLE round_passes CONSTRAINT round_passes_engine_check CHECK ((engine >= 1))
TABLE round_passes CONSTRAINT round_passes_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys(municipality_id, version)
TABLE round_passes CONSTRAINT round_passes_multipliers_check CHECK ((multipliers >= 0))
TABLE round_passes CONSTRAINT round_passes_nodes_check CHECK ((nodes >= 0))
TABLE round_passes CONSTRAINT round_passes_pass_check CHECK ((pass = ANY (ARRAY[1, 2])))
TABLE round_passes CONSTRAINT round_passes_pkey PRIMARY KEY (municipality_id, round_id, pass)
TABLE round_passes CONSTRAINT round_passes_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE round_passes CONSTRAINT round_passes_sealed CHECK ((key_version IS NOT NULL))
TABLE round_passes CONSTRAINT round_passes_second_serves CHECK (((pass = 1) OR (served > 0)))
TABLE round_passes CONSTRAINT round_passes_seed_check CHECK ((seed >= 0))
TABLE round_passes CONSTRAINT round_passes_served_check CHECK ((served >= 0))
TABLE round_passes CONSTRAINT round_passes_snapshot CHECK (((pass = 1) = (snapshot IS NULL)))
TABLE round_passes CONSTRAINT round_passes_sweeps_check CHECK ((sweeps >= 0))
TABLE round_passes CONSTRAINT round_passes_time_limit_seconds_check CHECK ((time_limit_seconds >= 0))
TABLE round_passes CONSTRAINT round_passes_waves_check CHECK ((waves >= 0))
CREATE INDEX round_passes_by_key ON public.round_passes USING btree (municipality_id, key_version, round_id, pass)
TABLE round_steps COLUMN municipality_id integer NOT NULL
TABLE round_steps COLUMN round_id uuid NOT NULL
TABLE round_steps COLUMN step text NOT NULL
TABLE round_steps COLUMN done_at timestamp with time zone NOT NULL
TABLE round_steps CONSTRAINT round_steps_pkey PRIMARY KEY (municipality_id, round_id, step)
TABLE round_steps CONSTRAINT round_steps_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds(municipality_id, id)
TABLE rounds COLUMN municipality_id integer NOT NULL
TABLE rounds COLUMN id uuid NOT NULL
TABLE rounds COLUMN series_id uuid NOT NULL
TABLE rounds COLUMN name text NOT NULL
TABLE rounds COLUMN state text NOT NULL
TABLE rounds COLUMN void_reason text NOT NULL DEFAULT ''::text
TABLE rounds COLUMN community_id uuid
TABLE rounds COLUMN opens_at timestamp with time zone NOT NULL
TABLE rounds COLUMN closes_at timestamp with time zone NOT NULL
TABLE rounds COLUMN pledge_version bigint NOT NULL DEFAULT 0
TABLE rounds COLUMN snapshot bytea
TABLE rounds COLUMN snapshot_sha256 text
TABLE rounds COLUMN closed_at timestamp with time zone
TABLE rounds COLUMN formed_at timestamp with time zone
TABLE rounds COLUMN charged_at timestamp with time zone
TABLE rounds COLUMN settled_at timestamp with time zone
TABLE rounds COLUMN snapshot_key integer
TABLE rounds CONSTRAINT rounds_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities(municipality_id, id)
TABLE rounds CONSTRAINT rounds_frozen CHECK (((state = ANY (ARRAY['scheduled'::text, 'open'::text, 'void'::text])) OR ((snapshot IS NOT NULL) AND (snapshot_sha256 IS NOT NULL))))
TABLE rounds CONSTRAINT rounds_once_a_period UNIQUE (municipality_id, series_id, opens_at)
TABLE rounds CONSTRAINT rounds_open_before_close CHECK ((opens_at < closes_at))
TABLE rounds CONSTRAINT rounds_pkey PRIMARY KEY (municipality_id, id)
TABLE rounds CONSTRAINT rounds_series FOREIGN KEY (municipality_id, series_id) REFERENCES series(municipality_id, id)
TABLE rounds CONSTRAINT rounds_snapshot_key FOREIGN KEY (municipality_id, snapshot_key) REFERENCES data_keys(municipality_id, version)
TABLE rounds CONSTRAINT rounds_snapshot_sealed CHECK (((snapshot IS NULL) = (snapshot_key IS NULL)))
TABLE rounds CONSTRAINT rounds_state_check CHECK ((state = ANY (ARRAY['scheduled'::text, 'open'::text, 'closed'::text, 'formed'::text, 'charged'::text, 'settled'::text, 'void'::text])))
CREATE INDEX rounds_by_key ON public.rounds USING btree (municipality_id, snapshot_key, id) WHERE (snapshot_key IS NOT NULL)
CREATE INDEX rounds_by_state ON public.rounds USING btree (municipality_id, state, closes_at)
TABLE series COLUMN municipality_id integer NOT NULL
TABLE series COLUMN id uuid NOT NULL
TABLE series COLUMN name text NOT NULL
TABLE series COLUMN opens_on text NOT NULL
TABLE series COLUMN closes_on text NOT NULL
TABLE series COLUMN period text NOT NULL
TABLE series COLUMN categories text[] NOT NULL
TABLE series COLUMN offers text[] NOT NULL
TABLE series COLUMN community_id uuid
TABLE series COLUMN starts_at timestamp with time zone NOT NULL
TABLE series COLUMN ends_at timestamp with time zone
TABLE series COLUMN created_at timestamp with time zone NOT NULL
TABLE series COLUMN effort text NOT NULL
TABLE series COLUMN time_limit_seconds integer NOT NULL
TABLE series CONSTRAINT series_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities(municipality_id, id)
TABLE series CONSTRAINT series_effort CHECK ((effort = ANY (ARRAY['fast'::text, 'normal'::text, 'high'::text])))
TABLE series CONSTRAINT series_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE series CONSTRAINT series_name_check CHECK ((name <> ''::text))
TABLE series CONSTRAINT series_pkey PRIMARY KEY (municipality_id, id)
TABLE series CONSTRAINT series_time_limit CHECK (((time_limit_seconds >= 1) AND (time_limit_seconds <= 180)))
TABLE sessions COLUMN token text NOT NULL
TABLE sessions COLUMN data bytea NOT NULL
TABLE sessions COLUMN expires_at timestamp with time zone NOT NULL
TABLE sessions CONSTRAINT sessions_pkey PRIMARY KEY (token)
CREATE INDEX sessions_by_expiry ON public.sessions USING btree (expires_at)
TABLE stripe_events COLUMN municipality_id integer NOT NULL
TABLE stripe_events COLUMN id text NOT NULL
TABLE stripe_events COLUMN type text NOT NULL
TABLE stripe_events COLUMN payload bytea NOT NULL
TABLE stripe_events COLUMN received_at timestamp with time zone NOT NULL
TABLE stripe_events COLUMN worked_at timestamp with time zone
TABLE stripe_events COLUMN effect text NOT NULL DEFAULT ''::text
TABLE stripe_events CONSTRAINT stripe_events_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE stripe_events CONSTRAINT stripe_events_pkey PRIMARY KEY (municipality_id, id)
TABLE users COLUMN municipality_id integer NOT NULL
TABLE users COLUMN id uuid NOT NULL
TABLE users COLUMN email text NOT NULL
TABLE users COLUMN name text NOT NULL
TABLE users COLUMN household_id uuid
TABLE users COLUMN created_at timestamp with time zone NOT NULL
TABLE users CONSTRAINT users_email UNIQUE (municipality_id, email)
TABLE users CONSTRAINT users_email_check CHECK ((email = lower(email)))
TABLE users CONSTRAINT users_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE users CONSTRAINT users_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE users CONSTRAINT users_pkey PRIMARY KEY (municipality_id, id)
TABLE voucher_batches COLUMN municipality_id integer NOT NULL
TABLE voucher_batches COLUMN id uuid NOT NULL
TABLE voucher_batches COLUMN file_name text NOT NULL
TABLE voucher_batches COLUMN sha256 text NOT NULL
TABLE voucher_batches COLUMN imported_by uuid NOT NULL
TABLE voucher_batches COLUMN imported_at timestamp with time zone NOT NULL
TABLE voucher_batches COLUMN confirmed_at timestamp with time zone
TABLE voucher_batches COLUMN vouchers integer NOT NULL
TABLE voucher_batches COLUMN total_cents bigint NOT NULL
TABLE voucher_batches CONSTRAINT voucher_batches_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE voucher_batches CONSTRAINT voucher_batches_officer FOREIGN KEY (municipality_id, imported_by) REFERENCES users(municipality_id, id)
TABLE voucher_batches CONSTRAINT voucher_batches_pkey PRIMARY KEY (municipality_id, id)
TABLE voucher_batches CONSTRAINT voucher_batches_total_cents_check CHECK ((total_cents > 0))
TABLE voucher_batches CONSTRAINT voucher_batches_vouchers_check CHECK ((vouchers > 0))
CREATE UNIQUE INDEX voucher_batches_one_open ON public.voucher_batches USING btree (municipality_id, imported_by) WHERE (confirmed_at IS NULL)
TABLE voucher_calls COLUMN municipality_id integer NOT NULL
TABLE voucher_calls COLUMN id uuid NOT NULL
TABLE voucher_calls COLUMN code text NOT NULL
TABLE voucher_calls COLUMN created_at timestamp with time zone NOT NULL
TABLE voucher_calls CONSTRAINT voucher_calls_code UNIQUE (municipality_id, code)
TABLE voucher_calls CONSTRAINT voucher_calls_code_check CHECK ((code <> ''::text))
TABLE voucher_calls CONSTRAINT voucher_calls_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE voucher_calls CONSTRAINT voucher_calls_pkey PRIMARY KEY (municipality_id, id)
TABLE voucher_orders COLUMN municipality_id integer NOT NULL
TABLE voucher_orders COLUMN pool_id uuid NOT NULL
TABLE voucher_orders COLUMN household_id uuid NOT NULL
TABLE voucher_orders COLUMN vouchers uuid[] NOT NULL
TABLE voucher_orders COLUMN declared_by uuid NOT NULL
TABLE voucher_orders COLUMN declared_at timestamp with time zone NOT NULL
TABLE voucher_orders CONSTRAINT voucher_orders_household FOREIGN KEY (municipality_id, household_id) REFERENCES households(municipality_id, id)
TABLE voucher_orders CONSTRAINT voucher_orders_pkey PRIMARY KEY (municipality_id, pool_id, household_id)
TABLE voucher_orders CONSTRAINT voucher_orders_pool FOREIGN KEY (municipality_id, pool_id) REFERENCES pools(municipality_id, id)
TABLE voucher_orders CONSTRAINT voucher_orders_user FOREIGN KEY (municipality_id, declared_by) REFERENCES users(municipality_id, id)
TABLE voucher_statement_providers COLUMN municipality_id integer NOT NULL
TABLE voucher_statement_providers COLUMN statement_id uuid NOT NULL
TABLE voucher_statement_providers COLUMN provider_id uuid NOT NULL
TABLE voucher_statement_providers COLUMN name text NOT NULL
TABLE voucher_statement_providers COLUMN tax_code text NOT NULL
TABLE voucher_statement_providers COLUMN iban text NOT NULL
TABLE voucher_statement_providers COLUMN uses integer NOT NULL
TABLE voucher_statement_providers COLUMN total_cents bigint NOT NULL
TABLE voucher_statement_providers CONSTRAINT voucher_statement_providers_pkey PRIMARY KEY (municipality_id, statement_id, provider_id)
TABLE voucher_statement_providers CONSTRAINT voucher_statement_providers_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers(municipality_id, id)
TABLE voucher_statement_providers CONSTRAINT voucher_statement_providers_statement FOREIGN KEY (municipality_id, statement_id) REFERENCES voucher_statements(municipality_id, id)
TABLE voucher_statement_providers CONSTRAINT voucher_statement_providers_total_cents_check CHECK ((total_cents > 0))
TABLE voucher_statement_providers CONSTRAINT voucher_statement_providers_uses_check CHECK ((uses > 0))
TABLE voucher_statements COLUMN municipality_id integer NOT NULL
TABLE voucher_statements COLUMN id uuid NOT NULL
TABLE voucher_statements COLUMN number text NOT NULL
TABLE voucher_statements COLUMN request_key text NOT NULL
TABLE voucher_statements COLUMN made_by uuid NOT NULL
TABLE voucher_statements COLUMN made_at timestamp with time zone NOT NULL
TABLE voucher_statements COLUMN uses integer NOT NULL
TABLE voucher_statements COLUMN total_cents bigint NOT NULL
TABLE voucher_statements CONSTRAINT voucher_statements_key UNIQUE (municipality_id, request_key)
TABLE voucher_statements CONSTRAINT voucher_statements_municipality_id_fkey FOREIGN KEY (municipality_id) REFERENCES municipalities(id)
TABLE voucher_statements CONSTRAINT voucher_statements_number UNIQUE (municipality_id, number)
TABLE voucher_statements CONSTRAINT voucher_statements_pkey PRIMARY KEY (municipality_id, id)
TABLE voucher_statements CONSTRAINT voucher_statements_total_cents_check CHECK ((total_cents > 0))
TABLE voucher_statements CONSTRAINT voucher_statements_uses_check CHECK ((uses > 0))
TABLE voucher_uses COLUMN municipality_id integer NOT NULL
TABLE voucher_uses COLUMN id uuid NOT NULL
TABLE voucher_uses COLUMN voucher_id uuid NOT NULL
TABLE voucher_uses COLUMN charge_id uuid NOT NULL
TABLE voucher_uses COLUMN amount_cents bigint NOT NULL
TABLE voucher_uses COLUMN state text NOT NULL
TABLE voucher_uses COLUMN used_at timestamp with time zone NOT NULL
TABLE voucher_uses COLUMN used_by uuid NOT NULL
TABLE voucher_uses COLUMN ended_at timestamp with time zone
TABLE voucher_uses COLUMN ended_by uuid
TABLE voucher_uses COLUMN reason text NOT NULL DEFAULT ''::text
TABLE voucher_uses COLUMN statement_id uuid
TABLE voucher_uses CONSTRAINT voucher_uses_accounted CHECK (((state = 'accounted'::text) = (statement_id IS NOT NULL)))
TABLE voucher_uses CONSTRAINT voucher_uses_amount_cents_check CHECK ((amount_cents > 0))
TABLE voucher_uses CONSTRAINT voucher_uses_charge FOREIGN KEY (municipality_id, charge_id) REFERENCES charges(municipality_id, id)
TABLE voucher_uses CONSTRAINT voucher_uses_ended CHECK ((((state = 'registered'::text) = (ended_at IS NULL)) AND ((ended_at IS NULL) = (ended_by IS NULL))))
TABLE voucher_uses CONSTRAINT voucher_uses_pkey PRIMARY KEY (municipality_id, id)
TABLE voucher_uses CONSTRAINT voucher_uses_state_check CHECK ((state = ANY (ARRAY['registered'::text, 'reversed'::text, 'accounted'::text, 'payment_error'::text])))
TABLE voucher_uses CONSTRAINT voucher_uses_statement FOREIGN KEY (municipality_id, statement_id) REFERENCES voucher_statements(municipality_id, id)
TABLE voucher_uses CONSTRAINT voucher_uses_voucher FOREIGN KEY (municipality_id, voucher_id) REFERENCES vouchers(municipality_id, id)
CREATE INDEX voucher_uses_by_charge ON public.voucher_uses USING btree (municipality_id, charge_id)
CREATE INDEX voucher_uses_by_statement ON public.voucher_uses USING btree (municipality_id, statement_id) WHERE (statement_id IS NOT NULL)
CREATE INDEX voucher_uses_by_voucher ON public.voucher_uses USING btree (municipality_id, voucher_id)
CREATE INDEX voucher_uses_registered ON public.voucher_uses USING btree (municipality_id, used_at) WHERE (state = 'registered'::text)
TABLE vouchers COLUMN municipality_id integer NOT NULL
TABLE vouchers COLUMN id uuid NOT NULL
TABLE vouchers COLUMN batch_id uuid NOT NULL
TABLE vouchers COLUMN line integer NOT NULL
TABLE vouchers COLUMN code text NOT NULL
TABLE vouchers COLUMN call_code text NOT NULL
TABLE vouchers COLUMN valid_from date
TABLE vouchers COLUMN valid_to date
TABLE vouchers COLUMN given_name text NOT NULL
TABLE vouchers COLUMN family_name text NOT NULL
TABLE vouchers COLUMN holder text NOT NULL
TABLE vouchers COLUMN data_kind text NOT NULL
TABLE vouchers COLUMN minor text NOT NULL
TABLE vouchers COLUMN amount_cents bigint NOT NULL
TABLE vouchers COLUMN used_cents bigint NOT NULL DEFAULT 0
TABLE vouchers COLUMN email text NOT NULL
TABLE vouchers COLUMN phone text NOT NULL
TABLE vouchers COLUMN state text NOT NULL
TABLE vouchers COLUMN state_at timestamp with time zone NOT NULL
TABLE vouchers COLUMN state_by uuid NOT NULL
TABLE vouchers COLUMN state_reason text NOT NULL DEFAULT ''::text
TABLE vouchers CONSTRAINT vouchers_amount_cents_check CHECK (((amount_cents >= 1) AND (amount_cents <= 1000000000)))
TABLE vouchers CONSTRAINT vouchers_batch FOREIGN KEY (municipality_id, batch_id) REFERENCES voucher_batches(municipality_id, id)
TABLE vouchers CONSTRAINT vouchers_call_code_check CHECK ((call_code <> ''::text))
TABLE vouchers CONSTRAINT vouchers_code_check CHECK ((code <> ''::text))
TABLE vouchers CONSTRAINT vouchers_code_once_a_file UNIQUE (municipality_id, batch_id, code)
TABLE vouchers CONSTRAINT vouchers_holder_check CHECK ((holder <> ''::text))
TABLE vouchers CONSTRAINT vouchers_line_check CHECK ((line > 0))
TABLE vouchers CONSTRAINT vouchers_minor CHECK (((minor = ''::text) = (data_kind = ''::text)))
TABLE vouchers CONSTRAINT vouchers_never_overspent CHECK (((used_cents >= 0) AND (used_cents <= amount_cents)))
TABLE vouchers CONSTRAINT vouchers_period CHECK ((valid_to >= valid_from))
TABLE vouchers CONSTRAINT vouchers_pkey PRIMARY KEY (municipality_id, id)
TABLE vouchers CONSTRAINT vouchers_state_check CHECK ((state = ANY (ARRAY['imported'::text, 'active'::text, 'annulled'::text])))
CREATE INDEX vouchers_by_call ON public.vouchers USING btree (municipality_id, call_code)
CREATE INDEX vouchers_by_holder ON public.vouchers USING btree (municipality_id, holder) WHERE (state <> 'imported'::text)
CREATE UNIQUE INDEX vouchers_code ON public.vouchers USING btree (municipality_id, code) WHERE (state <> 'imported'::text)
