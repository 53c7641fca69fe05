# httpd: files of a disk over HTTP.
app_httpd_SRCS := apps/httpd/main.c apps/httpd/conn.c apps/httpd/serve.c \
	   apps/httpd/pages.c apps/httpd/http.c apps/httpd/text.c \
	   apps/httpd/page.S
# ext2 and FFS: where the rump kernel has them (NetBSD)
app_httpd_COMPONENTS := net fat iso ext2 ffs tmpfs $(HARDWARE)

$(O)/obj/above/apps/httpd/page.o: apps/httpd/status.html
app_httpd_ISO := --net dhcp --disk blk0
