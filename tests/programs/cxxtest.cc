/*
 * cxxtest.cc: the C++ language and library as a program sees them.  It passes
 * on Linux too (run it), and has to give the same answers on a rump kernel.
 * TAP on its output.
 *	cxxtest DIR	a directory that can be written
 */
#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <regex>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <unordered_map>
#include <vector>

namespace fs = std::filesystem;

static const char *failed;
static int failline;
static fs::path dir;

#define CHECK(e)							\
	do {								\
		if (!(e) && failed == nullptr) {			\
			failed = #e;					\
			failline = __LINE__;				\
		}							\
	} while (0)

/* ---- before and after main ---- */

static std::vector<int> order;
struct Early {
	explicit Early(int n) { order.push_back(n); }
};
static Early first(1), second(2);
static std::map<std::string, int> filled = { { "a", 1 }, { "b", 2 } };

struct Last {
	~Last() { std::fputs("a static object's destructor\n", stdout); }
};
static Last last;

static void
t_static()
{
	CHECK((order == std::vector<int>{ 1, 2 }));
	CHECK(filled.size() == 2 && filled["b"] == 2);
}

/* A local static is made once, whoever comes first. */
static std::atomic<int> made;
struct Once {
	Once()
	{
		std::this_thread::sleep_for(std::chrono::milliseconds(5));
		made++;
	}
};

static void
t_local_static()
{
	std::vector<std::thread> ts;

	for (int i = 0; i < 8; i++)
		ts.emplace_back([] { static Once once; });
	for (auto &t : ts)
		t.join();
	CHECK(made == 1);
}

/* ---- exceptions ---- */

struct Base { virtual ~Base() = default; int n = 7; };
struct Other { virtual ~Other() = default; int m = 9; };
struct Derived : Base, Other { };

static int alive;
struct Guard {
	Guard() { alive++; }
	~Guard() { alive--; }
};

[[gnu::noinline]] static void
deep(int n)
{
	Guard g;

	if (n == 0)
		throw Derived();
	deep(n - 1);
}

static void
t_exceptions()
{
	int seen = 0;

	for (int i = 0; i < 100; i++)
		try {
			deep(50);
		} catch (Other &o) {
			seen += o.m;
		}
	CHECK(seen == 900 && alive == 0);
	try {
		try {
			throw std::runtime_error("one");
		} catch (...) {
			std::throw_with_nested(std::logic_error("two"));
		}
	} catch (std::exception &e) {
		CHECK(std::strcmp(e.what(), "two") == 0);
		try {
			std::rethrow_if_nested(e);
			CHECK(false);
		} catch (std::runtime_error &n) {
			CHECK(std::strcmp(n.what(), "one") == 0);
		}
	}
	try {
		(void)std::vector<int>(3).at(3);
		CHECK(false);
	} catch (std::out_of_range &) { }
	CHECK(std::uncaught_exceptions() == 0);
}

static void
t_exceptions_in_threads()
{
	std::vector<std::future<int>> fs;
	int caught = 0;

	for (int i = 0; i < 8; i++)
		fs.push_back(std::async(std::launch::async, [i] {
			for (int k = 0; k < 200; k++)
				try {
					deep(k % 20);
				} catch (Base &) { }
			if (i % 2)
				throw i;
			return i;
		}));
	for (auto &f : fs)
		try {
			CHECK(f.get() % 2 == 0);
		} catch (int n) {
			caught += n;
		}
	CHECK(caught == 1 + 3 + 5 + 7);
}

/* Out of memory is an exception. */
static void
t_bad_alloc()
{
	bool caught = false;

	try {
		std::unique_ptr<char[]> p(new char[1UL << 45]);
		CHECK(p == nullptr);
	} catch (std::bad_alloc &) {
		caught = true;
	}
	CHECK(caught);
	CHECK(new (std::nothrow) char[1UL << 45] == nullptr);
}

/* ---- types at run time ---- */

static void
t_rtti()
{
	Derived d;
	Base *b = &d;
	Base plain, *p = &plain;

	CHECK(typeid(*b) == typeid(Derived) && typeid(*p) == typeid(Base));
	CHECK(dynamic_cast<Other *>(b) == &d);
	CHECK(dynamic_cast<Other *>(p) == nullptr);
	try {
		(void)dynamic_cast<Other &>(*p);
		CHECK(false);
	} catch (std::bad_cast &) { }
	std::any a = std::string("text");
	CHECK(std::any_cast<std::string>(a) == "text");
	CHECK(std::any_cast<int>(&a) == nullptr);
}

/* ---- threads ---- */

static std::atomic<int> gone;
struct PerThread {
	int n = 42;
	~PerThread() { gone += n; }
};
static thread_local PerThread per;

static void
t_thread_local()
{
	gone = 0;
	for (int i = 0; i < 5; i++)
		std::thread([i] {
			CHECK(per.n == 42);
			per.n = i;
		}).join();
	CHECK(gone == 0 + 1 + 2 + 3 + 4);
}

static void
t_threads()
{
	std::mutex m;
	std::condition_variable cv;
	std::shared_mutex sm;
	std::atomic<long> sum = 0;
	int turn = 0;
	std::vector<std::thread> ts;

	for (int me = 0; me < 4; me++)
		ts.emplace_back([&, me] {
			for (int i = 0; i < 200; i++) {
				std::unique_lock l(m);
				cv.wait(l, [&] { return turn % 4 == me; });
				turn++;
				cv.notify_all();
				l.unlock();
				std::shared_lock s(sm);
				sum += i;
			}
		});
	for (auto &t : ts)
		t.join();
	CHECK(turn == 800 && sum == 4 * 199 * 100);
	std::unique_lock l(m);
	auto t0 = std::chrono::steady_clock::now();
	CHECK(cv.wait_for(l, std::chrono::milliseconds(20)) ==
	    std::cv_status::timeout);
	CHECK(std::chrono::steady_clock::now() - t0 >=
	    std::chrono::milliseconds(20));
	CHECK(std::thread::hardware_concurrency() >= 1);
}

/* An atomic's wait is a futex. */
static void
t_atomic_wait()
{
	std::atomic<int> a = 0;
	std::thread t([&] {
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
		a = 1;
		a.notify_all();
	});

	a.wait(0);
	CHECK(a == 1);
	t.join();
	__int128 wide = 1;
	std::packaged_task<int(int)> task([](int n) { return n * 2; });
	auto f = task.get_future();
	std::thread(std::move(task), 21).join();
	CHECK(f.get() == 42 && (wide << 100) >> 100 == 1);
}

/* ---- the library ---- */

static void
t_streams()
{
	std::ostringstream o;
	double d;
	std::string s;
	fs::path p = dir / "stream";

	o << std::setw(6) << std::setfill('0') << 42 << ' ' << std::hex << 255
	  << ' ' << std::setprecision(4) << 3.14159265 << ' ' << std::boolalpha
	  << true;
	CHECK(o.str() == "000042 ff 3.142 true");
	{
		std::ofstream f(p);
		for (int i = 0; i < 5000; i++)
			f << i << " line\n";
	}
	std::ifstream f(p);
	long n = 0, sum = 0, v;
	while (f >> v >> s) {
		n++;
		sum += v;
	}
	CHECK(n == 5000 && sum == 4999L * 2500 && s == "line");
	std::istringstream("2.5e3 x") >> d >> s;
	CHECK(d == 2500 && s == "x");
	CHECK(std::stod("0.1") + std::stod("0.2") != 0.3);
	f.close();
	f.clear();
	f.open(dir / "none");
	CHECK(!f);
	fs::remove(p);
}

static void
t_filesystem()
{
	fs::path d = dir / "cxx.d";
	std::error_code ec;
	size_t files = 0, dirs = 0;

	fs::remove_all(d);
	CHECK(fs::create_directories(d / "a" / "b"));
	for (int i = 0; i < 20; i++)
		std::ofstream(d / "a" / ("f" + std::to_string(i))) << "text" << i;
	for (auto &e : fs::recursive_directory_iterator(d))
		(e.is_directory() ? dirs : files)++;
	CHECK(files == 20 && dirs == 2);
	CHECK(fs::file_size(d / "a" / "f7") == 5);
	fs::copy_file(d / "a" / "f7", d / "copy");
	CHECK(fs::file_size(d / "copy") == 5);
	fs::rename(d / "copy", d / "moved");
	CHECK(!fs::exists(d / "copy") && fs::is_regular_file(d / "moved"));
	fs::resize_file(d / "moved", 2);
	CHECK(fs::file_size(d / "moved") == 2);
	auto age = fs::file_time_type::clock::now() -
	    fs::last_write_time(d / "moved");
	CHECK(age < std::chrono::minutes(5) && age > -std::chrono::minutes(5));
	CHECK(!fs::remove(d / "nothing", ec) && !ec);
	fs::file_size(d / "nothing", ec);
	CHECK(ec == std::errc::no_such_file_or_directory);
	CHECK(fs::space(dir).capacity > 0);
	fs::path was = fs::current_path();
	fs::current_path(d);
	CHECK(fs::equivalent(fs::current_path(), d));
	fs::current_path(was);
	CHECK(fs::remove_all(d) == 24);
}

static void
t_library()
{
	std::vector<int> v(20000);
	std::mt19937 rng(5489);
	std::unordered_map<std::string, int> m;
	std::smatch match;
	std::string s = "2026-11-21";

	for (auto &x : v)
		x = (int)(rng() >> 1);
	CHECK(v[0] == 1749605806);
	std::sort(v.begin(), v.end());
	CHECK(std::is_sorted(v.begin(), v.end()));
	for (int i = 0; i < 5000; i++)
		m["key" + std::to_string(i)] = i;
	CHECK(m.size() == 5000 && m["key77"] == 77);
	CHECK(std::regex_match(s, match, std::regex("(\\d+)-(\\d+)-(\\d+)")));
	CHECK(match.size() == 4 && match[2] == "11");
	auto w = std::make_shared<int>(3);
	std::weak_ptr<int> weak = w;
	w.reset();
	CHECK(weak.expired());
	std::random_device rd;
	CHECK(rd() != rd() || rd() != rd());
	CHECK(std::reduce(v.begin(), v.end(), 0L) > 0);
}

static const struct { const char *name; void (*fn)(); } tests[] = {
	{ "static objects", t_static }, { "local statics", t_local_static },
	{ "exceptions", t_exceptions },
	{ "exceptions in threads", t_exceptions_in_threads },
	{ "bad_alloc", t_bad_alloc }, { "types at run time", t_rtti },
	{ "thread_local", t_thread_local }, { "threads", t_threads },
	{ "atomic wait", t_atomic_wait }, { "streams", t_streams },
	{ "filesystem", t_filesystem }, { "the library", t_library },
};

int
main(int argc, char **argv)
{
	int n = 0, bad = 0;

	dir = argc > 1 ? argv[1] : "/tmp";
	for (auto &t : tests) {
		failed = nullptr;
		try {
			t.fn();
		} catch (std::exception &e) {
			std::cout << "# " << typeid(e).name() << ": " <<
			    e.what() << std::endl;
			CHECK(!"an exception nobody asked for");
		}
		bad += failed != nullptr;
		std::cout << (failed ? "not ok " : "ok ") << ++n << " - " << t.name;
		if (failed)
			std::cout << ": line " << failline << ": " << failed;
		std::cout << std::endl;
	}
	std::cout << "1.." << n << std::endl;
	return bad != 0;
}
