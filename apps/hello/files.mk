# hello: what a program gets.
app_hello_SRCS := apps/hello/main.c
app_hello_COMPONENTS :=
