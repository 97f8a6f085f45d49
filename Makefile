# ferropq. `make help` lists what there is to make.

CARGO ?= cargo
FEATURES = capi,openssl,oauth
RELEASE = $(or $(CARGO_TARGET_DIR),target)/release

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR ?=
INSTALL ?= install

# The interface level: libpq 18's. The number after libpq.so.5 has no meaning beyond it.
SONAME = libpq.so.5
REAL_NAME = $(SONAME).18
HEADERS = $(patsubst include/%,%,$(wildcard include/*.h include/libpq/*.h))

# What `make bench` measures against; scripts/setup fetches it.
LIBPQ_18 = $(abspath $(or $(FERROPQ_SERVERS),.servers)/18/lib/libpq.so.5.18)

# Seconds per fuzz target.
FUZZ_TIME ?= 60

.PHONY: all check demo test test-connect test-drivers test-cross bench headers install uninstall fuzz miri clean help

# Each for itself: together, the shared library would keep what only the static one has to.
all: ## build the C library: target/release/libferropq.so and libferropq.a
	$(CARGO) rustc --release --lib --features $(FEATURES) --crate-type cdylib
	$(CARGO) rustc --release --lib --features $(FEATURES) --crate-type staticlib
	@ln -sf libferropq.so $(RELEASE)/$(SONAME)
	@ln -sf libferropq.so $(RELEASE)/libpq.so

check: ## format, lints and the tests that need no server: quick
	$(CARGO) fmt --all --check
	$(CARGO) clippy --quiet --workspace --all-targets --all-features -- -D warnings
	$(CARGO) test --quiet --lib --all-features
	$(CARGO) test --quiet --test layering

demo: ## one query through C, Rust, Python and Ruby, on a throw-away server or $DATABASE_URL
	@scripts/setup demo
	@$(MAKE) --no-print-directory all
	@scripts/with-server scripts/demo

test: ## everything: Rust tests, live servers, examples, C programs under valgrind, installation
	@scripts/setup
	FERROPQ_REQUIRE_SERVER=1 $(CARGO) test --workspace
	FERROPQ_REQUIRE_SERVER=1 $(CARGO) test --workspace --all-features
	@$(MAKE) --no-print-directory all
	scripts/with-server scripts/test-examples
	scripts/with-server scripts/test-c
	scripts/with-server scripts/test-install

test-connect: ## the long matrices of connecting: TLS, hosts, poolers, directories, GSSAPI, OAuth
	@scripts/setup connect
	FERROPQ_REQUIRE_SERVER=1 FERROPQ_REQUIRE_KDC=1 \
	    $(CARGO) test --all-features --test gss_live
	FERROPQ_LONG=1 $(CARGO) test --all-features --test oauth
	FERROPQ_REQUIRE_SERVER=1 FERROPQ_REQUIRE_CONNECT=1 \
	    $(CARGO) test --all-features --test connect_live
	FERROPQ_REQUIRE_SERVER=1 \
	    $(CARGO) test --features capi --test connect_live -- modes certificates tls

test-drivers: all ## programs and drivers that use libpq, on the system's and on ours; DRIVERS="psql pgbench"
	@scripts/setup drivers
	tests/drivers/run $(DRIVERS)

test-cross: ## the tests on ARM of 64 and 32 bits and on s390x, emulated; CROSS="arm64"
	scripts/test-cross $(CROSS)

bench: all ## both libraries side by side, by CPU time; BENCH="--quick", see benches/README.md
	@scripts/setup bench
	FERROPQ_LIB=$(abspath $(RELEASE)/libferropq.so) \
	    BASELINE_LIBPQ=$${BASELINE_LIBPQ:-$$(ls $(LIBPQ_18) 2>/dev/null)} \
	    benches/run $(BENCH)
	FERROPQ_LIB=$(abspath $(RELEASE)/libferropq.so) \
	    BASELINE_LIBPQ=$${BASELINE_LIBPQ:-$$(ls $(LIBPQ_18) 2>/dev/null)} \
	    benches/run --instructions $(filter-out --large --quick --instructions,$(BENCH))
	FERROPQ_LIB=$(abspath $(RELEASE)/libferropq.so) benches/methods $(filter-out --large --instructions,$(BENCH))

headers: ## renew the headers of include/ that are made from the sources
	FERROPQ_WRITE_HEADERS=1 $(CARGO) test --quiet --features capi --test header -- committed

install: ## install as libpq below $DESTDIR$PREFIX (LIBDIR, INCLUDEDIR)
	@test -f $(RELEASE)/libferropq.so || { echo "run \`make\` first" >&2; exit 1; }
	$(INSTALL) -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/libpq
	$(INSTALL) -m 755 $(RELEASE)/libferropq.so $(DESTDIR)$(LIBDIR)/$(REAL_NAME)
	ln -sf $(REAL_NAME) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libpq.so
	$(INSTALL) -m 644 $(RELEASE)/libferropq.a $(DESTDIR)$(LIBDIR)/libpq.a
	sed -e 's|@PREFIX@|$(PREFIX)|' \
	    -e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|' \
	    -e 's|@INCLUDEDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))|' \
	    libpq.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/libpq.pc
	for header in $(HEADERS); do \
	    $(INSTALL) -m 644 include/$$header $(DESTDIR)$(INCLUDEDIR)/$$header || exit 1; \
	done

uninstall: ## remove what `make install` with the same variables has installed
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,$(REAL_NAME) $(SONAME) libpq.so libpq.a pkgconfig/libpq.pc)
	rm -f $(addprefix $(DESTDIR)$(INCLUDEDIR)/,$(HEADERS))
	-rmdir $(DESTDIR)$(INCLUDEDIR)/libpq $(DESTDIR)$(LIBDIR)/pkgconfig 2>/dev/null

fuzz: ## every fuzz target for FUZZ_TIME seconds (60)
	scripts/fuzz $(FUZZ_TIME)

miri: ## the tests without I/O, under Miri
	MIRIFLAGS=-Zmiri-disable-isolation \
	    $(CARGO) +nightly miri test --lib --all-features -- wire:: charset:: result:: client::text capi::

clean: ## remove what was built
	$(CARGO) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
