-- The site's tables. Times are text in the city's own time with its offset ("2026-12-05T10:00:00+09:00"), so they sort and their
-- first ten letters are the day; days are "2026-12-05". Ids are opaque (web/ids.py). Words in three languages: x, x_easy, x_en
-- (empty = as x). JSON columns end in _json.

-- ------------------------------------------------------------------ staff
create table staff (
    id text primary key, login text not null unique collate nocase, name text not null,
    role text not null check (role in ('director', 'clerk', 'reviewer', 'duty', 'mentor', 'reader')),
    mentor text references mentors (id), password_hash text, totp_sealed text, totp_step integer not null default 0,
    invitation_hash text, invitation_totp_sealed text, invited_until text, active integer not null default 1, created_at text not null
) strict;
create table staff_recovery (staff text not null references staff (id), code_hash text not null, used_at text, primary key (staff, code_hash)) strict;
create table sign_in_counts ( -- wrong answers by account, browser and address; key is a hash
    key text primary key, failures integer not null, last_at text not null, until text not null default ''
) strict;
create table staff_sessions (
    id_hash text primary key, staff text not null references staff (id), created_at text not null, seen_at text not null,
    until text not null, totp_done integer not null default 0
) strict;
create table audit (
    id integer primary key, at text not null, actor text not null, action text not null, kind text not null, subject text not null,
    detail_json text not null default '{}', previous_hash text not null, hash text not null
) strict;
create index audit_subject on audit (kind, subject);
create index audit_at on audit (at);

-- ------------------------------------------------------------------ programmes and their figures
create table programmes (
    id text primary key, position integer not null, name text not null, name_easy text not null default '', name_en text not null default '',
    division text not null default '', description text not null default '', description_easy text not null default '', description_en text not null default '',
    indicator text not null check (indicator in ('participants', 'sessions', 'hand')),
    indicator_name text not null, indicator_name_easy text not null default '', indicator_name_en text not null default '', unit text not null,
    unit_en text not null default '', first_year integer not null, last_year integer
) strict;
create table programme_years (
    programme text not null references programmes (id), fiscal_year integer not null, target integer, note text not null default '',
    primary key (programme, fiscal_year)
) strict;
create table hand_figures (
    id text primary key, programme text not null references programmes (id), fiscal_year integer not null, value integer not null,
    source text not null, note text not null default '', entered_by text not null, entered_at text not null, withdrawn_at text
) strict;

-- ------------------------------------------------------------------ classes
create table places (
    id text primary key, name text not null, name_easy text not null default '', name_en text not null default '', name_kana text not null default '',
    postcode text not null default '', address text not null, building text not null default '', area text not null default '',
    latitude real, longitude real, access text not null default '', access_en text not null default '', parking text not null default '',
    phone text not null default '', step_free integer, active integer not null default 1
) strict;
create table outreach_requests (
    id text primary key, kind text not null check (kind in ('kindergarten', 'nursery', 'school', 'library', 'neighbourhood', 'other')),
    organisation text not null, contact_name text not null, email text not null default '', phone text not null default '', address text not null,
    topic text not null, wishes text not null, people integer not null, notes text not null default '', language text not null default 'ja',
    state text not null default 'new' check (state in ('new', 'talking', 'accepted', 'declined', 'withdrawn')), answer text not null default '',
    received_at text not null, erased_at text
) strict;
create table classes (
    id text primary key, programme text not null references programmes (id), fiscal_year integer not null,
    title text not null, title_easy text not null default '', title_en text not null default '', title_kana text not null default '',
    description text not null default '', description_easy text not null default '', description_en text not null default '',
    level text not null default 'first' check (level in ('first', 'beginner', 'middle', 'advanced', 'any')),
    audience text not null default 'children' check (audience in ('preschool', 'children', 'seniors', 'citizens', 'staff')),
    grade_from integer, grade_to integer, -- school years 1 (elementary 1) to 9 (junior high 3), 0 and below: years before school; null: any
    age_from integer, age_to integer, language text not null default 'ja' check (language in ('ja', 'easy', 'en')),
    capacity integer not null check (capacity >= 0),
    admission text not null check (admission in ('first_come', 'lottery', 'selection', 'invited')), -- invited: no applications (outreach)
    state text not null default 'draft' check (state in ('draft', 'published', 'cancelled')),
    apply_from text, apply_to text, fee integer not null default 0, fee_note text not null default '',
    bring text not null default '', bring_easy text not null default '', bring_en text not null default '',
    residents_first integer not null default 0, priority_not_drawn integer not null default 0, sibling_modes integer not null default 1,
    offer_hours integer not null default 48, auto_promote integer not null default 1,
    contact_name text not null default '', contact_phone text not null default '', contact_extension text not null default '', organiser text not null default '',
    outreach text references outreach_requests (id), note text not null default '', sequence integer not null default 0,
    created_at text not null, updated_at text not null, cancelled_reason text not null default ''
) strict;
create index classes_programme on classes (programme, fiscal_year);
create table sessions (
    id text primary key, class text not null references classes (id), place text not null references places (id), number integer not null,
    starts_at text not null, ends_at text not null, state text not null default 'planned' check (state in ('planned', 'held', 'cancelled')),
    note text not null default '', sequence integer not null default 0, check (ends_at > starts_at)
) strict;
create index sessions_class on sessions (class, starts_at);
create index sessions_start on sessions (starts_at);
create table class_questions (
    id text primary key, class text not null references classes (id), position integer not null, kind text not null check (kind in ('text', 'choice', 'yesno')),
    text text not null, text_easy text not null default '', text_en text not null default '', reason text not null default '',
    reason_easy text not null default '', reason_en text not null default '', choices_json text not null default '[]', required integer not null default 0
) strict;
create table class_mentors ( -- mentors a session of this class needs
    class text not null references classes (id), skill text not null references skills (id), role text not null check (role in ('lead', 'assistant')),
    count integer not null check (count > 0), primary key (class, skill, role)
) strict;
create table class_kits ( -- kits each session of this class needs
    class text not null references classes (id), kind text not null references kit_kinds (id), count integer not null check (count > 0), primary key (class, kind)
) strict;

-- ------------------------------------------------------------------ families and applications
create table families (
    id text primary key, guardian_name text not null, guardian_kana text not null default '', email text unique collate nocase, phone text not null default '',
    language text not null default 'ja' check (language in ('ja', 'easy', 'en')), resident integer not null default 0,
    emergency_name text not null default '', emergency_phone text not null default '', link_version integer not null default 1,
    consent_version text not null default '', consent_at text, via text not null check (via in ('web', 'phone', 'walk_in')), created_at text not null, erased_at text
) strict;
create table participants ( -- a child of the family, or the grown-up who takes part
    id text primary key, family text not null references families (id), name text not null, kana text not null, birth_date text,
    cohort integer, -- where only the school year is known: the year whose April 2 begins its birth dates
    gender text check (gender in ('female', 'male', 'other')), care_note text not null default '', created_at text not null, erased_at text,
    same_as text references participants (id) -- staff found that this is another record's child: counted as one
) strict;
create table different_children ( -- look like one child and are two, says staff; "one" is the smaller id
    one text not null references participants (id), other text not null references participants (id), primary key (one, other), check (one < other)
) strict;
create index participants_family on participants (family);
create index participants_same on participants (kana, birth_date);
create table applications (
    id text primary key, arrival integer not null unique, class text not null references classes (id), family text not null references families (id),
    mode text not null default 'any' check (mode in ('any', 'all')), via text not null check (via in ('web', 'phone', 'walk_in')),
    key text not null, language text not null default 'ja', consent_version text not null default '', arrived_at text not null, entered_by text,
    unique (class, key)
) strict;
create index applications_class on applications (class, arrival);
create table entries ( -- one child in one application
    id text primary key, application text not null references applications (id), class text not null references classes (id),
    participant text not null references participants (id),
    state text not null check (state in ('applied', 'accepted', 'waiting', 'offered', 'declined', 'expired', 'rejected', 'withdrawn', 'cancelled')),
    waiting_order integer, -- order on the waiting list; smaller comes first; null when not waiting
    number integer, -- public number in a lottery, set when frozen
    not_drawn_before integer not null default 0, offered_until text, checkin_code text not null unique, state_at text not null
) strict;
create index entries_class on entries (class, state, waiting_order);
create index entries_application on entries (application);
create unique index entries_once on entries (class, participant) where state not in ('withdrawn', 'declined', 'expired');
create table answers (
    entry text not null references entries (id), question text not null references class_questions (id), text text not null, primary key (entry, question)
) strict;
create table email_confirmations (
    id_hash text primary key, email text not null collate nocase, language text not null, class text references classes (id), made_at text not null, until text not null
) strict;

-- ------------------------------------------------------------------ lottery and selection
create table draws (
    class text primary key references classes (id), state text not null check (state in ('committed', 'frozen', 'previewed', 'confirmed')),
    seed_sealed text not null, commitment text not null, public_value text not null default '', list_json text, list_hash text, rules_json text not null default '{}',
    result_json text, seed text, committed_at text not null, frozen_at text, confirmed_at text, confirmed_by text
) strict;
create table criteria (
    id text primary key, class text not null references classes (id), position integer not null, name text not null, hint text not null default '',
    most integer not null, weight integer not null default 1
) strict;
create table reviews (
    entry text not null references entries (id), reviewer text not null references staff (id), criterion text not null references criteria (id), points integer not null,
    comment text not null default '', at text not null, primary key (entry, reviewer, criterion)
) strict;
create table reviewers (class text not null references classes (id), staff text not null references staff (id), primary key (class, staff)) strict;

-- ------------------------------------------------------------------ mentors
create table skills (id text primary key, name text not null, name_easy text not null default '', name_en text not null default '', position integer not null default 0) strict;
create table mentors (
    id text primary key, name text not null, kana text not null default '', email text unique collate nocase, phone text not null default '', area text not null default '',
    latitude real, longitude real, state text not null default 'applied' check (state in ('applied', 'training', 'active', 'resting', 'left')),
    language text not null default 'ja', most_a_day integer not null default 1, most_a_week integer not null default 2, most_a_month integer not null default 4,
    notes text not null default '', link_version integer not null default 1, participant text references participants (id),
    consent_version text not null default '', joined_at text not null, erased_at text
) strict;
create table mentor_skills (mentor text not null references mentors (id), skill text not null references skills (id), primary key (mentor, skill)) strict;
create table qualifications ( -- kind: 'lead' may lead, 'assistant' may assist, 'trainee' only beside a lead
    id text primary key, mentor text not null references mentors (id), kind text not null check (kind in ('lead', 'assistant', 'trainee')),
    from_day text not null, until_day text, class text references classes (id), note text not null default '', entered_by text not null
) strict;
create table availability ( -- weekly: weekday 0 (Monday) to 6; dated: day; available 0 = cannot; times "HH:MM"
    id text primary key, mentor text not null references mentors (id), weekday integer, day text, from_time text not null, to_time text not null, available integer not null,
    check ((weekday is null) <> (day is null))
) strict;
create table mentor_wishes (
    mentor text not null references mentors (id), kind text not null check (kind in ('place', 'programme', 'mentor', 'area')), target text not null,
    weight integer not null check (weight between -2 and 2), primary key (mentor, kind, target)
) strict;
create table plans (
    id text primary key, made_at text not null, made_by text not null, from_day text not null, to_day text not null, status text not null,
    gap real, seconds real, unfilled_json text not null default '[]', assignments_json text not null default '[]', notes_json text not null default '[]',
    basis text not null default '', state text not null check (state in ('running', 'preview', 'adopted', 'dropped'))
) strict;
create table assignments (
    id text primary key, session text not null references sessions (id), mentor text not null references mentors (id), skill text references skills (id),
    role text not null check (role in ('lead', 'assistant', 'trainee')),
    state text not null check (state in ('planned', 'offered', 'accepted', 'declined', 'cancelled', 'done')), fixed integer not null default 0,
    plan text references plans (id), offered_at text, answered_at text, attended integer, fare integer, created_at text not null
) strict;
create unique index assignments_once on assignments (session, mentor) where state not in ('declined', 'cancelled');
create index assignments_mentor on assignments (mentor);
create table fares (mentor text not null references mentors (id), place text not null references places (id), yen integer not null, means text not null default '', primary key (mentor, place)) strict;

-- ------------------------------------------------------------------ kits
create table kit_kinds (
    id text primary key, name text not null, name_easy text not null default '', name_en text not null default '', description text not null default '',
    description_easy text not null default '', description_en text not null default '', contents text not null default '',
    contents_easy text not null default '', contents_en text not null default '', loan_days integer not null default 14, public integer not null default 1
) strict;
create table kit_units (
    id text primary key, kind text not null references kit_kinds (id), label text not null unique, state text not null default 'ok' check (state in ('ok', 'damaged', 'lost', 'retired')),
    note text not null default '', added_at text not null
) strict;
create table reservations ( -- until is exclusive
    id text primary key, kind text not null references kit_kinds (id), count integer not null check (count > 0), from_at text not null, until text not null,
    session text references sessions (id), borrower_name text not null default '', borrower_contact text not null default '', borrower_email text not null default '',
    purpose text not null default '', language text not null default 'ja',
    state text not null default 'reserved' check (state in ('asked', 'reserved', 'out', 'returned', 'cancelled')),
    reminded_at text, made_by text not null, created_at text not null, erased_at text, check (until > from_at)
) strict;
create index reservations_kind on reservations (kind, from_at);
create table loans ( -- one unit of a reservation
    id text primary key, reservation text not null references reservations (id), unit text not null references kit_units (id),
    out_at text, out_by text, returned_at text, returned_by text, condition text check (condition in ('ok', 'damaged', 'lost')), note text not null default '',
    unique (reservation, unit)
) strict;
create index loans_unit on loans (unit);

-- ------------------------------------------------------------------ at the door
create table attendances ( -- one child at one session
    session text not null references sessions (id), participant text not null references participants (id),
    state text not null check (state in ('present', 'absent')), at text not null, via text not null check (via in ('qr', 'typed', 'list', 'walk_in')), by text not null,
    key text not null unique, primary key (session, participant)
) strict;
create index attendances_participant on attendances (participant);
create table headcounts ( -- where no names are taken (a lesson in a kindergarten, helpers, a festival's stall)
    id text primary key, session text not null references sessions (id), age_band text not null check (age_band in ('preschool', 'elementary', 'junior_high', 'adult', 'unknown')),
    gender text check (gender in ('female', 'male', 'other')), count integer not null check (count >= 0), source text not null default '', key text not null unique,
    by text not null, at text not null
) strict;

-- ------------------------------------------------------------------ mail
create table mails (
    id text primary key, key text not null unique, recipient text not null collate nocase, language text not null, template text not null, subject text not null, body text not null,
    attachments_json text not null default '[]', about_kind text not null default '', about text not null default '',
    state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'failed', 'bounced')), tries integer not null default 0,
    next_try_at text not null, last_error text not null default '', queued_at text not null, sent_at text,
    resent integer not null default 0 -- how often staff had it sent anew; part of its Message-ID
) strict;
create index mails_due on mails (state, next_try_at);
create index mails_recipient on mails (recipient);
create table bounces (id text primary key, address text not null collate nocase, at text not null, permanent integer not null, reason text not null, seen_by text, seen_at text) strict;
create index bounces_address on bounces (address);

create table facts (name text primary key, value text not null) strict; -- counters and what the site keeps of itself

-- ------------------------------------------------------------------ counting: the views that web/figures/counting.py reads
create view session_counts as -- sessions that were not cancelled, with how many came by name and by head
select sessions.id, sessions.class, sessions.number, sessions.starts_at, sessions.ends_at, sessions.state, classes.programme, classes.title,
    classes.title_easy, classes.title_en, classes.capacity,
    cast(substr(sessions.starts_at, 1, 4) as integer) - (substr(sessions.starts_at, 6, 2) < '04') as fiscal_year,
    (select count(*) from attendances where session = sessions.id and state = 'present') as names,
    (select coalesce(sum(count), 0) from headcounts where session = sessions.id) as heads
from sessions join classes on classes.id = sessions.class where sessions.state <> 'cancelled';
create view who_came as -- one row an attendance by name; person: the child, however often registered
select attendances.session, coalesce(participants.same_as, participants.id) as person, participants.birth_date, participants.cohort, participants.gender,
    session_counts.programme, session_counts.fiscal_year, session_counts.starts_at
from attendances join participants on participants.id = attendances.participant join session_counts on session_counts.id = attendances.session
where attendances.state = 'present';
