# httpd: files of a disk over HTTP.
# all but main(): apps/driverdomain has its status pages from here
httpd_SRCS := apps/httpd/worker.c apps/httpd/conn.c apps/httpd/serve.c \
	   apps/httpd/pages.c apps/httpd/http.c apps/httpd/text.c \
	   apps/httpd/page.S
app_httpd_SRCS := apps/httpd/main.c $(httpd_SRCS)
# ext2 and FFS: where the rump kernel has them (NetBSD)
app_httpd_COMPONENTS := net fat iso ext2 ffs tmpfs $(HARDWARE)

$(O)/obj/above/apps/httpd/page.o: apps/httpd/status.html
app_httpd_ISO := --net dhcp --disk blk0
